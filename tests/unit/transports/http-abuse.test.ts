import { TRACKER_ERRORS } from '../../../server/src/tracker';
import { ANNOUNCE } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { HTTP_ABUSE } from './http-abuse-cases';
import { exchange, get, HTTP_DOORS, type TrackerServer } from './http-servers';

describe.each(HTTP_DOORS)('abuse of the tracker $name', ({ start, foreign }) => {
  let server: TrackerServer;
  const log: string[] = [];

  beforeAll(async () => (server = await start({ log })));
  afterAll(() => server.close());

  it.each(HTTP_ABUSE)('$name', async ({ request, statuses, failure }) => {
    const [response] = await exchange(server, request);
    expect(statuses).toContain(response?.status ?? 'closed');
    if (failure === null) {
      expect(decodeDictionary(response!.body)).toHaveProperty('interval');
      await get(server, `/announce?${ANNOUNCE}&event=stopped`);
    } else if (failure !== undefined) {
      const { text } = TRACKER_ERRORS[failure];
      expect(decodeDictionary(response!.body)['failure reason']).toBe(text);
    }
    expect(server.tracker.totals().swarms).toBe(0);
    expect(log).toEqual([]);
  });

  it('does not keep it from answering', async () => {
    const { body } = await get(server, `/announce?${ANNOUNCE}`);
    expect(decodeDictionary(body)).toMatchObject({ incomplete: 1 });
    expect((await get(server, '/other')).status).toBe(foreign);
  });
});
