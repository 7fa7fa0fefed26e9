import { createHealth, queuePart, trackerPart } from '../../../server/src/api';
import { atMostOften } from '../../../server/src/api/health';
import { handClock } from '../../contract/swarm-fixtures';

const good = { ok: true, text: 'is fine' };

describe('the report', () => {
  it('is well when every part is, and names each in its order', async () => {
    const health = createHealth();
    health.register({ name: 'one', state: () => good });
    health.register({ name: 'two', state: () => Promise.resolve(good) });
    expect(await health.report()).toEqual({
      ok: true,
      parts: [
        { name: 'one', ...good },
        { name: 'two', ...good },
      ],
    });
  });

  it('is not when one part is not, until that part is gone', async () => {
    const health = createHealth();
    health.register({ name: 'one', state: () => good });
    const leave = health.register({ name: 'udp', state: () => ({ ok: false, text: 'is closed' }) });
    expect((await health.report()).ok).toBe(false);
    leave();
    expect((await health.report()).ok).toBe(true);
  });

  it('survives a part that throws or rejects, and says nothing of the error', async () => {
    const health = createHealth();
    health.register({
      name: 'throws',
      state: () => {
        throw new Error('connect ECONNREFUSED 10.0.0.5');
      },
    });
    health.register({ name: 'rejects', state: () => Promise.reject(new Error('secret')) });
    const { parts } = await health.report();
    expect(parts).toEqual([
      { name: 'throws', ok: false, text: 'cannot tell how it is' },
      { name: 'rejects', ok: false, text: 'cannot tell how it is' },
    ]);
  });

  it('does not wait for a part that hangs', async () => {
    const health = createHealth({ patience: 5 });
    health.register({ name: 'hangs', state: () => new Promise(() => undefined) });
    expect((await health.report()).parts).toEqual([
      { name: 'hangs', ok: false, text: 'gives no answer' },
    ]);
  });
});

describe('a check that costs a query', () => {
  it('is made once in five seconds, however many ask', async () => {
    const clock = handClock();
    let checks = 0;
    const check = atMostOften(() => {
      checks += 1;
      return Promise.resolve(good);
    }, clock);
    await Promise.all([check(), check(), check()]);
    expect(checks).toBe(1);
    clock.advance(4);
    await check();
    expect(checks).toBe(1);
    clock.advance(2);
    expect(await check()).toEqual(good);
    expect(checks).toBe(2);
  });

  it('is not made again while it hangs', () => {
    const clock = handClock();
    let checks = 0;
    const check = atMostOften(() => {
      checks += 1;
      return new Promise(() => undefined);
    }, clock);
    void check();
    clock.advance(60);
    void check();
    expect(checks).toBe(1);
  });
});

describe('the tracker', () => {
  it('is not well while Strapi starts', () => {
    let open = false;
    const part = trackerPart(() => open);
    expect(part.state()).toMatchObject({ ok: false });
    open = true;
    expect(part.state()).toMatchObject({ ok: true });
  });
});

describe('the hash queue', () => {
  function open() {
    const clock = handClock();
    const jobs = { queued: 0, hashing: 0, ready: 0, failed: 0, stale: 0 };
    const stock = { torrents: 0, bytes: 0, jobs, progress: 0, faults: 0 };
    const part = queuePart(() => stock, clock);
    return { clock, jobs, stock, state: () => part.state() };
  }

  it('is stuck when jobs wait and nothing moves for ten minutes', () => {
    const { clock, jobs, state } = open();
    Object.assign(jobs, { queued: 3, hashing: 1 });
    expect(state()).toEqual({ ok: true, text: 'works, 4 waiting' });
    clock.advance(601);
    expect(state()).toEqual({ ok: false, text: 'stands still with 4 waiting' });
  });

  it('is not stuck while a large file is being read', () => {
    const { clock, jobs, stock, state } = open();
    jobs.hashing = 1;
    for (let i = 0; i < 20; i += 1) {
      stock.progress += 0.001;
      expect(state()).toMatchObject({ ok: true });
      clock.advance(400);
    }
  });

  it('is not stuck when it has had nothing to do', () => {
    const { clock, jobs, state } = open();
    expect(state()).toEqual({ ok: true, text: 'is empty' });
    clock.advance(10_000);
    jobs.queued = 1;
    expect(state()).toMatchObject({ ok: true });
  });

  it('minds faults of the plugin, not files that are broken', () => {
    const { jobs, stock, state } = open();
    jobs.failed = 5;
    expect(state()).toMatchObject({ ok: true });
    stock.faults = 1;
    expect(state()).toMatchObject({ ok: false });
  });
});
