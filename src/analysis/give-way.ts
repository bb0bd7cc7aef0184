/**
 * Called by long work between two small steps of it, each far below a millisecond for a stall's goods, so that whoever the
 * work stands back for can be let past.
 */
export type GiveWay = () => void;

/** For work nobody waits behind. */
export const goOn: GiveWay = () => undefined;
