import { groupCases } from './all-cases.ts';
import { motoPeer } from './on-moto.ts';
import { contract } from './run.ts';

// The denied ones have a moto of their own, which enforces IAM: denied.wire.ts.
contract(
  motoPeer,
  groupCases.filter(({ kind }) => kind !== 'denied'),
);
