/**
 * The same with `access.strict`: what the site's own policies and middlewares say of single entries
 * counts at every door, and entries without such rules are as before.
 */

import { ENTRIES } from './support/matrix/entries';
import { GUARDED_ENTRIES, GUARDED_GRANTS, GUARDED_READERS } from './support/matrix/guarded-entries';
import { testMatrix } from './support/matrix/matrix';

testMatrix({
  config: { access: { strict: true } },
  grants: GUARDED_GRANTS,
  readers: GUARDED_READERS,
  entries: [...ENTRIES, ...GUARDED_ENTRIES],
});
