/** Puts the contracts on a chain. */
import {
  type Account,
  type Address,
  type Chain,
  encodeDeployData,
  getContractAddress,
  type Hex,
  isAddressEqual,
  type PublicClient,
  parseGwei,
  type Transport,
  type WalletClient,
} from 'viem';
import {
  arbiterAbi,
  attentionAbi,
  demandsAbi,
  graphArbiterAbi,
  outcomesAbi,
  pinpointAbi,
  registryAbi,
  requestsAbi,
} from './generated/abi.ts';
import { bytecode as BYTECODE } from './generated/bytecode.ts';

/** Constants of a deployment: the least that offers may have, in seconds and wei. */
export interface DeployParameters {
  /** Parts of a dissection, 16 to 64. */
  readonly k: bigint;
  readonly minWindow: bigint;
  readonly minClock: bigint;
  /** A challenger's move at the highest price of gas that is planned for. */
  readonly minRepayment: bigint;
}

const HOUR = 3600n;

/** For a public chain: an hour to notice and to be included, 60,000 gas a move at 50 gwei. k: docs/architecture.md. */
export const DEFAULT_PARAMETERS: DeployParameters = {
  k: 32n,
  minWindow: HOUR,
  minClock: HOUR,
  minRepayment: 60_000n * parseGwei('50'),
};

export interface DeployedContract {
  readonly name: string;
  readonly address: Address;
  readonly gasUsed: bigint;
}

export interface Deployment {
  /** Of Pinpoint. */
  readonly address: Address;
  readonly registry: Address;
  readonly demands: Address;
  /** Requests that contracts make, models that are outcomes of claims, and rounds of attention challenges. */
  readonly requests: Address;
  readonly outcomes: Address;
  readonly attention: Address;
  /** Block of the registry's creation: no event is older. */
  readonly block: bigint;
  readonly contracts: readonly DeployedContract[];
}

type Wallet = WalletClient<Transport, Chain | undefined, Account>;

/**
 * Deploys the arithmetic, both arbiters, the registry, Pinpoint and Demands, then what stands on them, in this order. Throws if a
 * creation fails.
 */
export async function deployPinpoint(
  wallet: Wallet,
  client: PublicClient,
  parameters: DeployParameters = DEFAULT_PARAMETERS,
  progress: (name: string) => void = () => {},
): Promise<Deployment> {
  const contracts: DeployedContract[] = [];
  let block = 0n;
  const deployer = wallet.account.address;
  // Given, not left to the wallet: Pinpoint's creation names the address that the nonce after it makes.
  let nonce = await client.getTransactionCount({ address: deployer, blockTag: 'pending' });
  async function deploy(name: keyof typeof BYTECODE, data: Hex): Promise<Address> {
    progress(name);
    const { account, chain } = wallet;
    const hash = await wallet.sendTransaction({ data, chain, account, nonce: nonce++ });
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
  const { k, minClock, minRepayment, minWindow } = parameters;
  const registry = await deploy(
    'Registry',
    encodeDeployData({
      abi: registryAbi,
      bytecode: BYTECODE.Registry,
      args: [minWindow, minClock, minRepayment],
    }),
  );
  const first = block;
  const predicted = getContractAddress({ from: deployer, nonce: BigInt(nonce) + 1n });
  const address = await deploy(
    'Pinpoint',
    encodeDeployData({
      abi: pinpointAbi,
      bytecode: BYTECODE.Pinpoint,
      args: [k, registry, arbiter, graphArbiter, predicted],
    }),
  );
  const demands = await deploy(
    'Demands',
    encodeDeployData({ abi: demandsAbi, bytecode: BYTECODE.Demands, args: [address] }),
  );
  if (!isAddressEqual(demands, predicted)) {
    throw new Error(
      `Demands is at ${demands}, where Pinpoint doesn't look: it looks at ${predicted}`,
    );
  }
  const requests = await deploy(
    'Requests',
    encodeDeployData({ abi: requestsAbi, bytecode: BYTECODE.Requests, args: [address] }),
  );
  const outcomes = await deploy(
    'Outcomes',
    encodeDeployData({ abi: outcomesAbi, bytecode: BYTECODE.Outcomes, args: [address, requests] }),
  );
  const attention = await deploy(
    'Attention',
    encodeDeployData({ abi: attentionAbi, bytecode: BYTECODE.Attention, args: [address] }),
  );
  return { address, registry, demands, requests, outcomes, attention, block: first, contracts };
}
