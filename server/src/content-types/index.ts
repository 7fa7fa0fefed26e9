/** The plugin's own tables. Editors never see them: they are not content. */

import { auditEventSchema } from './audit-event';
import { changeSchema } from './change';
import { jobSchema } from './job';
import { passkeySchema } from './passkey';
import { placementSchema } from './placement';
import { takedownSchema } from './takedown';
import { torrentSchema } from './torrent';
import { trafficSchema } from './traffic';
import { withdrawalSchema } from './withdrawal';

export const JOB_UID = 'plugin::bittorrent.job';
export const TORRENT_UID = 'plugin::bittorrent.torrent';
export const PLACEMENT_UID = 'plugin::bittorrent.placement';
export const PASSKEY_UID = 'plugin::bittorrent.passkey';

export const contentTypes = {
  job: { schema: jobSchema },
  torrent: { schema: torrentSchema },
  placement: { schema: placementSchema },
  passkey: { schema: passkeySchema },
  change: { schema: changeSchema },
  withdrawal: { schema: withdrawalSchema },
  takedown: { schema: takedownSchema },
  traffic: { schema: trafficSchema },
  'audit-event': { schema: auditEventSchema },
};
