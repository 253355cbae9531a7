import { tableCases } from './all-cases.ts';
import { contract } from './run.ts';
import { dynaliteTables } from './table-peers.ts';

contract(dynaliteTables, tableCases);
