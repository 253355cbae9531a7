import { awsCases } from './all-cases.ts';
import { simulatorPeer } from './on-simulator.ts';
import { contract } from './run.ts';

contract(simulatorPeer, awsCases);
