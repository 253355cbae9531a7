import { accountPeer } from './account-peer.ts';
import { accountOnlyCases } from './all-cases.ts';
import { contract } from './run.ts';

contract(accountPeer, accountOnlyCases);
