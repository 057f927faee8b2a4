/** Puts the contracts on a chain. */
import {
  type Account,
  type Address,
  type Chain,
  encodeDeployData,
  type Hex,
  type PublicClient,
  parseEther,
  type Transport,
  type WalletClient,
} from 'viem';
import { arbiterAbi, graphArbiterAbi, pinpointAbi } from './generated/abi.ts';
import { bytecode as BYTECODE } from './generated/bytecode.ts';

/** Constants of a deployment: seconds and wei. */
export interface DeployParameters {
  /** Parts of a dissection, 2 to 64. */
  readonly k: bigint;
  /** How long after a claim it can be challenged. */
  readonly window: bigint;
  /** What each side's clock starts with, and gains by each of its moves. */
  readonly clock: bigint;
  readonly increment: bigint;
  /** What a side gains when it comes to run the machine. */
  readonly descentIncrement: bigint;
  readonly claimBond: bigint;
  readonly challengeBond: bigint;
}

const HOUR = 3600n;

/**
 * For a public chain: a week for the window would be usual where large values hang on a claim. Clocks leave room for a
 * day of censorship; bonds exceed the gas of the longest game at 100 gwei.
 */
export const DEFAULT_PARAMETERS: DeployParameters = {
  k: 16n,
  window: 24n * HOUR,
  clock: 24n * HOUR,
  increment: HOUR / 4n,
  descentIncrement: HOUR,
  claimBond: parseEther('1'),
  challengeBond: parseEther('0.2'),
};

export interface DeployedContract {
  readonly name: string;
  readonly address: Address;
  readonly gasUsed: bigint;
}

export interface Deployment {
  /** Of Pinpoint. */
  readonly address: Address;
  /** Block of Pinpoint's creation: no event is older. */
  readonly block: bigint;
  readonly contracts: readonly DeployedContract[];
}

type Wallet = WalletClient<Transport, Chain | undefined, Account>;

/** Deploys the arithmetic, both arbiters and Pinpoint, in this order. Throws if a creation fails. */
export async function deployPinpoint(
  wallet: Wallet,
  client: PublicClient,
  parameters: DeployParameters = DEFAULT_PARAMETERS,
  progress: (name: string) => void = () => {},
): Promise<Deployment> {
  const contracts: DeployedContract[] = [];
  let block = 0n;
  async function deploy(name: keyof typeof BYTECODE, data: Hex): Promise<Address> {
    progress(name);
    const hash = await wallet.sendTransaction({
      data,
      chain: wallet.chain,
      account: wallet.account,
    });
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    if (receipt.status !== 'success' || !receipt.contractAddress) {
      throw new Error(`the creation of ${name} failed in transaction ${hash}`);
    }
    block = receipt.blockNumber;
    contracts.push({ name, address: receipt.contractAddress, gasUsed: receipt.gasUsed });
    return receipt.contractAddress;
  }
  const scalar = await deploy('ScalarAlu', BYTECODE.ScalarAlu);
  const vector = await deploy('VectorAlu', BYTECODE.VectorAlu);
  const arbiter = await deploy(
    'Arbiter',
    encodeDeployData({
      abi: arbiterAbi,
      bytecode: BYTECODE.Arbiter,
      args: [scalar, vector, vector],
    }),
  );
  const graphArbiter = await deploy(
    'GraphArbiter',
    encodeDeployData({ abi: graphArbiterAbi, bytecode: BYTECODE.GraphArbiter }),
  );
  const address = await deploy(
    'Pinpoint',
    encodeDeployData({
      abi: pinpointAbi,
      bytecode: BYTECODE.Pinpoint,
      args: [parameters, arbiter, graphArbiter],
    }),
  );
  return { address, block, contracts };
}
