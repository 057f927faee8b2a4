/** Before all tests: what they run is compiled from the sources as they are now. */
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build-wasm.ts'], { stdio: 'inherit' });
}
