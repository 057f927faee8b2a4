// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The kernels of a model: what the machine runs.
struct Image {
    bytes32 codeRoot;
    /// Root of memory region 0 at the start of a call.
    bytes32 dataRoot;
    /// keccak256 of the WebAssembly that the code was lowered from.
    bytes32 wasmHash;
    uint32 loweringVersion;
}

/// @dev All that a model's id binds. docs/protocol.md, "Tensors, slots, programs".
struct Registration {
    /// L: instructions of the program.
    uint32 length;
    /// Largest T that a request may ask for.
    uint32 maxIterations;
    bytes32 programRoot;
    /// Slots root with an empty inputs group: node(node(ZERO_35, outputsRoot), rest).
    bytes32 initialSlotsRoot;
    bytes32 outputsRoot;
    /// node(constants, temporaries).
    bytes32 rest;
    bytes32 slotTableRoot;
    Image image;
    uint32 machineVersion;
}

/// @dev What claims about a model under an offer are judged and paid by. Times in seconds, amounts in wei; bonds and the
/// repayment are multiples of a gwei.
struct Terms {
    /// The only account that may claim; 0: anyone.
    address submitter;
    /// What requests pay fees in: an ERC-20 token; 0: the chain's own coin.
    address token;
    /// Least fee of a request on chain.
    uint128 fee;
    /// How long after a claim it can be challenged.
    uint24 window;
    /// What each side's clock starts with.
    uint24 clock;
    /// Put on the mover's clock after each of its moves.
    uint24 increment;
    /// Put on a side's clock when it comes to run the machine: the submitter's before it descends, the challenger's after.
    uint24 descentIncrement;
    /// How long before a claim its commitment must have been made; 0: claims of this offer need none.
    uint24 commitDelay;
    uint96 claimBond;
    uint96 challengeBond;
    /// What a challenger gets back for each of its moves if another game fells the claim first.
    uint96 repayment;
}

/// @dev What claims and games read of an offer, in one word of storage. Amounts in gwei.
struct Rules {
    uint24 window;
    uint24 clock;
    uint24 increment;
    uint24 descentIncrement;
    uint64 claimBond;
    uint64 challengeBond;
    uint32 repayment;
}

/// @dev What a run is asked for. Nobody needs to be paid or asked to make one: a request is its hash.
struct Request {
    address requester;
    uint64 nonce;
    /// Id of a registered model.
    bytes32 model;
    /// T: 1 to the model's maxIterations.
    uint32 iterations;
    bytes32 inputsRoot;
    /// What is locked for it where it was made. 0 for requests made elsewhere than on the chain.
    uint128 fee;
    /// Unix seconds from which nobody may claim it any more. 0 for requests made elsewhere than on the chain.
    uint64 deadline;
}

/// @dev Preimage of a claim's id: the ends of `count` runs.
struct Claim {
    bytes32 offer;
    address submitter;
    /// 0: leaf i of `root` binds a request and an end. Else the contract that holds the requests: leaf i is the end of its request
    /// number `first` + i under the offer.
    address source;
    uint64 first;
    /// 1 to 4,096.
    uint32 count;
    /// Of the tree of depth ceil(log2(count)) over the leaves; missing leaves are 0.
    bytes32 root;
}

/// @dev One run of a claim.
struct Leaf {
    uint32 index;
    bytes32 end;
    /// From the leaf up.
    bytes32[] siblings;
}

/// @dev A game's state, passed by whoever moves; the contract keeps its hash (docs/protocol.md, "Preimages").
struct Game {
    bytes32 claimId;
    address challenger;
    /// The challenger's choice: tells its games about one claim apart.
    uint32 number;
    /// T of the request.
    uint32 iterations;
    /// 0 the graph, 1 the machine.
    uint8 level;
    /// 0 the submitter's, 1 the challenger's.
    uint8 turn;
    uint64 lo;
    uint64 hi;
    /// Both accept this hash at lo.
    bytes32 loHash;
    /// The submitter's hash at hi.
    bytes32 hiHash;
    /// Root of the last dissection; 0 on the submitter's turn.
    bytes32 dissection;
    /// What runs: at level 0 the model's id, at level 1 the root of the code.
    bytes32 code;
}

/// @dev What `descend` proves of one graph step. Fields that a step doesn't need are empty or 0.
struct Descent {
    /// Preimage of the graph state at lo.
    bytes state;
    /// The instruction's 128 bytes and their multiproof in the program tree. Empty for FINISH and absorbing states.
    bytes instruction;
    bytes instructionProof;
    /// Roots of the distinct slots that the instruction names, ascending. FINISH and a true STOP_IF: then the root of the outputs
    /// group.
    bytes32[] operandRoots;
    /// Their multiproof. FINISH and a true STOP_IF: then the root of the inputs group and `rest` (32 bytes each).
    bytes operandProof;
    /// STOP_IF: first leaf of the tensor tested (128 bytes) and its multiproof.
    bytes leaf;
    bytes leafProof;
    /// CALL: length of the machine's run (1 to 2^48), and the root it leaves in the output slot (not read if it trapped).
    uint64 steps;
    bytes32 outputRoot;
    bool trapped;
}

enum ClaimStatus {
    None,
    Open,
    Finalized,
    Fallen
}

/// @dev One word.
struct ClaimState {
    address submitter;
    /// Unix seconds; challenges and demands are accepted before it.
    uint32 windowEnds;
    /// Games and demands that aren't decided.
    uint48 open;
    /// Games that aren't decided and whose moves are sure to be repaid.
    uint8 repaid;
    ClaimStatus status;
}

enum GameStatus {
    None,
    Open,
    SubmitterWon,
    /// This game felled its claim.
    ChallengerWon,
    /// The claim fell otherwise, and this game has been paid out.
    Settled
}

/// @dev Two words.
struct GameState {
    /// Hash of the game's state.
    bytes32 state;
    /// Unix seconds.
    uint32 lastMove;
    /// Seconds each side had left then.
    uint32 submitterClock;
    uint32 challengerClock;
    uint24 increment;
    uint24 descentIncrement;
    /// In gwei.
    uint64 challengeBond;
    uint8 turn;
    /// Moves the challenger made: its selections, and the challenge, which counts CHALLENGE_MOVES.
    uint8 moves;
    /// Whether the claim's bond is sure to repay them.
    bool repaid;
    GameStatus status;
}

enum DemandStatus {
    None,
    Open,
    Answered,
    /// Nobody answered: the claim fell.
    Unanswered,
    /// The claim fell otherwise, and the demand has been paid out.
    Settled
}

/// @dev Two words.
struct DemandState {
    bytes32 claimId;
    address demander;
    /// Unix seconds from which it is too late to answer.
    uint32 deadline;
    DemandStatus status;
}

/// @dev What a graph step comes to.
struct GraphOutcome {
    /// True: the step's next state is known and is `next`. False: it is what the machine says.
    bool decided;
    /// The graph state that the step leads to: for a CALL, if the machine ends as the descent says.
    bytes32 next;
    /// CALL: hashes of the machine's first state, and of its last as the descent says.
    bytes32 start;
    bytes32 end;
}

/// @dev The graph step to judge.
struct GraphStep {
    bytes32 programRoot;
    bytes32 dataRoot;
    uint32 length;
    uint32 iterations;
    /// Hash of the state that the step starts from.
    bytes32 state;
}
