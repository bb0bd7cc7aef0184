import { displaySite } from './display-site';
import { holdSite } from './hold-site';
import { receiptSite } from './receipt-site';
import { shopSite } from './shop-site';
import type { StallSite } from './stall-site';

/** Everything the stall server serves. */
export const STALL_SITES: readonly StallSite[] = [shopSite, displaySite, holdSite, receiptSite];
