/** Binds `npm run simulate:mutants` to the process. */
import { mutantsCommand } from './cli.ts';

process.exitCode = await mutantsCommand(process.argv.slice(2), process);
