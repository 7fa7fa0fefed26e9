import { problemText } from '../../../admin/src/components/problem-text';
import type { TorrentProblem } from '../../../shared/torrent-value';

const t = (key: string) => `text of ${key}`;

describe('the reason why there is no torrent', () => {
  it('is told in the reader’s language', () => {
    expect(problemText(t, { code: 'file-empty', message: 'server' })).toBe(
      'text of bittorrent.problem.file-empty',
    );
  });

  it('is told in the server’s words when its code is newer than the panel', () => {
    const problem = {
      code: 'moon-phase',
      message: 'The moon is full',
    } as unknown as TorrentProblem;
    expect(problemText(t, problem)).toBe('The moon is full');
  });

  it('is general when the server gives none', () => {
    expect(problemText(t, null)).toBe('text of bittorrent.problem.internal');
  });
});
