/** The command line: `pinpoint import | inspect | run | verify`. docs/cli.md is its guide. */
import { Command } from 'commander';
import { addImport } from './commands/import.ts';
import { addInspect } from './commands/inspect.ts';
import { addRun } from './commands/run.ts';
import { addVerify } from './commands/verify.ts';
import { failureOf } from './errors.ts';

const program = new Command('pinpoint')
  .description('Makes disputable models of neural networks, and runs them.')
  .showHelpAfterError('(--help shows what there is)')
  .addHelpText(
    'after',
    `
Examples:
  pinpoint inspect network.onnx
  pinpoint import network.onnx --out model.bin
  pinpoint run model.bin --input image.png --range -1,1 --top 5
  pinpoint verify model.bin network.onnx

Exit codes: 0 done; 1 something that you can put right, or a check that failed; 2 a fault of pinpoint.`,
  );
for (const add of [addImport, addInspect, addRun, addVerify]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, exitCode, message } = failureOf(error);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: { code, message } }));
  console.error(`pinpoint: ${message}`);
  process.exitCode = exitCode;
}
