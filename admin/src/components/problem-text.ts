import type { TorrentProblem } from '../../../shared/torrent-value';
import type { MessageKey, Translate } from '../messages';

const TEXTS: Record<string, MessageKey | undefined> & Record<TorrentProblem['code'], MessageKey> = {
  'file-empty': 'bittorrent.problem.file-empty',
  'file-missing': 'bittorrent.problem.file-missing',
  'file-changed': 'bittorrent.problem.file-changed',
  'file-unreadable': 'bittorrent.problem.file-unreadable',
  'too-many-files': 'bittorrent.problem.too-many-files',
  unprotected: 'bittorrent.problem.unprotected',
  'taken-down': 'bittorrent.problem.taken-down',
  internal: 'bittorrent.problem.internal',
};

/** The reason in the reader's language; the server's own words where it knows a code we do not. */
export const problemText = (t: Translate, problem: TorrentProblem | null): string => {
  if (!problem) return t('bittorrent.problem.internal');
  // A newer server may know codes that this panel does not.
  const known = TEXTS[problem.code as string];

  return known ? t(known) : problem.message;
};
