import { createRequire } from 'node:module';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * forge's own executable. The command that npm links is a wrapper that ends with status 0 whatever forge ended with, so tests that
 * failed, or didn't compile, would pass for good.
 *
 * @throws Error if npm has installed none for this machine
 */
export function forgePath(): string {
  const { arch, platform } = process;
  const name = `@foundry-rs/forge-${platform}-${ARCHITECTURES[arch] ?? arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/forge`);
  } catch (cause) {
    throw new Error(`no forge for ${platform} on ${arch}: ${name} is missing; run \`npm ci\``, {
      cause,
    });
  }
}
