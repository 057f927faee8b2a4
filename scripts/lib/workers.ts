/** Agents as their deployments would run: one workerd for each, with storage that outlives it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const START_MS = 90_000;

export interface WorkerOptions {
  /** wrangler.toml of the worker. */
  readonly config: string;
  /** Folder of its storage. */
  readonly persistTo: string;
  readonly vars: Readonly<Record<string, string>>;
  /** 0: any free one. */
  readonly port?: number;
}

export interface RunningWorker {
  readonly url: string;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const environment = (persistTo: string): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: '1',
  NO_COLOR: '1',
  WRANGLER_SEND_METRICS: 'false',
  // No look-up of where this machine is.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG_PATH: `${persistTo}/logs`,
  WRANGLER_REGISTRY_PATH: `${persistTo}/registry`,
});

/** Creates or updates the tables of a worker's database. */
export async function migrate({ config, persistTo }: WorkerOptions): Promise<void> {
  const args = ['d1', 'migrations', 'apply', 'DB', '--local'];
  args.push('--persist-to', persistTo, '--config', config);
  await run('wrangler', args, { env: environment(persistTo) }).catch((error) => {
    throw new Error(`the migrations of ${config} failed:\n${error.stdout}\n${error.stderr}`);
  });
}

/** Starts a worker and waits until it answers. Throws with what it printed if it doesn't. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { config, persistTo, port = 0, vars } = options;
  const args = ['dev', '--config', config, '--persist-to', persistTo, '--ip', '127.0.0.1'];
  args.push(
    '--port',
    String(port),
    '--inspector-port',
    '0',
    '--show-interactive-dev-session=false',
  );
  args.push('--log-level', 'info');
  for (const [name, value] of Object.entries(vars)) args.push('--var', `${name}:${value}`);
  // A group of its own, so that workerd goes with wrangler.
  const child = spawn('wrangler', args, {
    env: environment(persistTo),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (signal: NodeJS.Signals) => async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      process.kill(-(child.pid as number), signal);
    } catch {
      child.kill(signal);
    }
    await ended;
  };
  return { url: await ready(child, config), kill: end('SIGKILL'), stop: end('SIGTERM') };
}

function ready(child: ChildProcess, config: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new Error(`${config}: ${reason}\n${output}`));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`the worker wasn't ready within ${START_MS / 1000} s`);
    }, START_MS);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
      const url = /Ready on (http:\/\/\S+)/.exec(output)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    if (process.env.PINPOINT_WORKER_LOG) {
      child.stdout?.pipe(process.stderr);
      child.stderr?.pipe(process.stderr);
    }
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`the worker ended with code ${code}`));
  });
}
