import { randomUUID } from 'node:crypto';
import { exchangeStoreConformance } from '../helpers/exchange-store-conformance';
import { MemoryExchangeStore } from './memory-exchange-store';

exchangeStoreConformance('memory', () => {
  const store = new MemoryExchangeStore(() => new Date());
  return {
    store,
    newStall() {
      const stallId = randomUUID();
      store.addStall(stallId);
      return Promise.resolve(stallId);
    },
    revoke: (stallId, deviceId) => Promise.resolve(store.revoke(stallId, deviceId)),
    beginEpoch: () => Promise.resolve(store.restore(store.backUp())),
  };
});
