import { createAddressWatch, parseAddress, type AddressFamily } from '../../../server/src/tracker';
import { handClock } from '../../contract/swarm-fixtures';

const bytes = new Uint8Array(18);

function open() {
  const clock = handClock();
  const watch = createAddressWatch(clock);
  const see = (address: string, times = 1, ports = 1): void => {
    for (let i = 0; i < times; i += 1) {
      const family = parseAddress(address, bytes) as AddressFamily;
      watch.see(bytes, family, 6881 + (i % ports));
    }
  };
  return { watch, see, clock };
}

describe('all peers share one private address', () => {
  it.each(['172.17.0.1', '10.0.0.2', '192.168.1.1', '127.0.0.1', '::1', 'fd00::1', '100.64.0.1'])(
    'when 20 announces of several clients come from %s',
    (address) => {
      const { watch, see } = open();
      see(address, 19, 4);
      expect(watch.allShareOnePrivateAddress).toBe(false);
      see(address);
      expect(watch.allShareOnePrivateAddress).toBe(true);
    },
  );

  it('although the site’s own seeder announces from loopback', () => {
    for (const first of ['127.0.0.1', '172.17.0.1']) {
      const { watch, see } = open();
      see(first);
      see('172.17.0.1', 20, 5);
      see('127.0.0.1', 5);
      expect(watch.allShareOnePrivateAddress).toBe(true);
    }
  });
});

describe('nothing is wrong', () => {
  it('with a few clients of one person', () => {
    const { watch, see } = open();
    see('192.168.1.1', 1000, 3);
    expect(watch.allShareOnePrivateAddress).toBe(false);
  });

  it('with a few clients now and then', () => {
    const { watch, see, clock } = open();
    for (let day = 0; day < 30; day += 1) {
      see('192.168.1.1', 10, day + 1);
      clock.advance(86_400);
    }
    expect(watch.allShareOnePrivateAddress).toBe(false);
  });

  it('with peers that all come from one public address', () => {
    const { watch, see } = open();
    see('11.0.0.1', 1000, 50);
    expect(watch.allShareOnePrivateAddress).toBe(false);
  });

  it.each(['192.168.1.2', '11.0.0.1', '2001:db8::1'])('once one comes from %s', (other) => {
    const { watch, see } = open();
    see('192.168.1.1', 100, 50);
    see(other);
    expect(watch.allShareOnePrivateAddress).toBe(false);
    see('192.168.1.1', 100, 50);
    expect(watch.allShareOnePrivateAddress).toBe(false);
  });
});
