import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Each process that runs seeds would compile the same modules anew, and take half of a second more to start.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/sim'));
await import('./command.ts');
