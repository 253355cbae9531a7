import { awsCases } from './all-cases.ts';
import { motoPeer } from './on-moto.ts';
import { contract } from './run.ts';

contract(
  motoPeer,
  awsCases.filter(({ kind }) => kind === 'denied'),
);
