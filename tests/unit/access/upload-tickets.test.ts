import { createUploadTickets, type TicketHolder } from '../../../server/src/access';

const PATH = 'uploads/a_1f.mp4';
const USER: TicketHolder = { kind: 'user', id: 7 };

let now = 0;
const tickets = createUploadTickets({ secret: 'secret', ttl: 3600, now: () => now });

beforeEach(() => {
  now = Date.UTC(2026, 10, 24, 12, 7, 13);
});

test.each<TicketHolder>([USER, { kind: 'api-token', id: 7 }, { kind: 'admin', id: 7 }])(
  'a ticket names its holder: %j',
  (holder) => {
    expect(tickets.verify(PATH, tickets.issue(PATH, holder))).toEqual(holder);
  },
);

test('a ticket is for one file', () => {
  const query = tickets.issue(PATH, USER);
  expect(tickets.verify('uploads/b_1f.mp4', query)).toBeNull();
  expect(tickets.verify('uploads/thumbnail_a_1f.mp4', query)).toBeNull();
});

test('a ticket lives between half of its time and all of it, and is the same for half of it', () => {
  const query = tickets.issue(PATH, USER);
  const expires = Number(/expires=(\d+)/.exec(query)?.[1]) * 1000;
  expect(expires - now).toBeGreaterThan(1_800_000);
  expect(expires - now).toBeLessThanOrEqual(3_600_000);
  now = expires - 3_600_000;
  expect(tickets.issue(PATH, USER)).toBe(query);
  now = expires - 1_800_001;
  expect(tickets.issue(PATH, USER)).toBe(query);
  now = expires - 1;
  expect(tickets.verify(PATH, query)).toEqual(USER);
  now = expires;
  expect(tickets.verify(PATH, query)).toBeNull();
});

test('nothing of a ticket can be changed', () => {
  const query = tickets.issue(PATH, USER);
  const forged = [
    '',
    query.replace('u7', 'u8'),
    query.replace('u7', 'a7'),
    query.replace('u7', 't7'),
    query.replace(/expires=\d/, 'expires=9'),
    query.replace('sig=', 'sig=A'),
    query.replace(/sig=.*/, ''),
    query.replace(/sig=.*/, `sig=${'A'.repeat(22)}`),
    `${query}&x=1`,
    `x=1&${query}`,
    query.toUpperCase(),
  ];
  expect(forged.map((other) => tickets.verify(PATH, other))).toEqual(forged.map(() => null));
  const foreign = createUploadTickets({ secret: 'other', ttl: 3600, now: () => now });
  expect(foreign.verify(PATH, query)).toBeNull();
});
