export type PeerName = 'moto' | 'dynalite';
export interface Difference { readonly id: string; readonly peer: PeerName; readonly breaks: readonly string[]; readonly looksLike: RegExp }
export const DIFFERENCES: readonly Difference[] = [];
