import { accountCases } from './account.ts';
import { accountPeer } from './account-peer.ts';
import { roleCases } from './roles.ts';
import { contract } from './run.ts';

contract(accountPeer, [...accountCases, ...roleCases]);
