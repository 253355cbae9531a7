import { tableCases } from './all-cases.ts';
import { contract } from './run.ts';
import { motoTables } from './table-peers.ts';

contract(motoTables, tableCases);
