import { permissionCases, permissionPeer } from './permissions.ts';
import { contract } from './run.ts';

contract(permissionPeer, permissionCases);
