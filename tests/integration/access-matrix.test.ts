/**
 * Readers × entry states × doors. What is expected comes from a model that is written from the
 * words of the rule, and shares no code with what it judges.
 */

import { ENTRIES, GRANTS } from './support/matrix/entries';
import { testMatrix } from './support/matrix/matrix';
import { READERS } from './support/matrix/readers';

testMatrix({ grants: GRANTS, readers: READERS, entries: ENTRIES });
