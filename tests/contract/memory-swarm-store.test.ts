import { MemorySwarmStore } from '../../server/src/tracker';
import { describeSwarmStore } from './swarm-store-contract';

describeSwarmStore('memory', (deps) => new MemorySwarmStore(deps));
