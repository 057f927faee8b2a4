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

/// @dev What a run is asked for. Nobody needs to be paid or asked to make one: a request is its hash.
struct Request {
    address requester;
    uint64 nonce;
    /// Id of a registered model.
    bytes32 model;
    /// T: 1 to the model's maxIterations.
    uint32 iterations;
    bytes32 inputsRoot;
    /// Must be 0: fees can't be locked yet.
    uint128 fee;
    /// Must be 0, as the fee.
    uint64 deadline;
}

/// @dev A game's state, passed by whoever moves; the contract keeps its hash (docs/protocol.md, "Preimages").
struct Game {
    /// The game's id.
    bytes32 id;
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
    /// Root of the code that the machine runs; 0 at level 0.
    bytes32 codeRoot;
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

/// @dev Constants of a deployment. Times in seconds, amounts in wei.
struct Parameters {
    /// Parts of a dissection, 2 to 64.
    uint256 k;
    /// How long after a claim it can be challenged.
    uint256 window;
    /// What each side's clock starts with.
    uint256 clock;
    /// Put on the mover's clock after each of its moves.
    uint256 increment;
    /// Put on a side's clock when it comes to run the machine: the submitter's before it descends, the challenger's after.
    uint256 descentIncrement;
    uint256 claimBond;
    uint256 challengeBond;
}

enum ClaimStatus {
    None,
    Open,
    Finalized,
    Fallen
}

enum GameStatus {
    None,
    Open,
    SubmitterWon,
    /// This game felled its claim.
    ChallengerWon,
    /// Another game felled the claim, and this one has been paid out.
    Settled
}

/// @dev What a registered model is judged by.
struct ModelState {
    uint32 length;
    uint32 maxIterations;
    bytes32 programRoot;
    bytes32 outputsRoot;
    bytes32 rest;
    bytes32 codeRoot;
    bytes32 dataRoot;
}

struct ClaimState {
    address submitter;
    /// Unix seconds; challenges are accepted before it.
    uint40 windowEnds;
    /// Games that aren't decided.
    uint24 openGames;
    /// Games ever opened.
    uint24 games;
    ClaimStatus status;
    /// While open: moves of all challengers whose games aren't lost. When fallen: those not paid yet.
    uint64 weight;
    /// When fallen: what is left for them, in wei.
    uint128 pool;
}

struct GameState {
    /// Hash of the game's state.
    bytes32 state;
    bytes32 claimId;
    bytes32 model;
    /// Unix seconds.
    uint40 lastMove;
    /// Seconds each side had left then.
    uint32 submitterClock;
    uint32 challengerClock;
    uint8 turn;
    /// Moves the challenger made: the challenge and its selections.
    uint16 moves;
    GameStatus status;
    address challenger;
    /// T of the request.
    uint32 iterations;
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

/// @title One step of the graph
interface IGraphArbiter {
    /// @notice What follows a graph state. Reverts if the descent isn't a proof about that state and program.
    function judge(GraphStep calldata step, Descent calldata descent)
        external
        view
        returns (GraphOutcome memory outcome);
}

/// @title One step of the machine
interface IArbiter {
    /// @notice Executes one step from its witness; reverts if it is malformed.
    function step(bytes32 codeRoot, uint64 position, bytes calldata witness)
        external
        view
        returns (bytes32 previous, bytes32 next);
}

/// @title Claims about model runs, and the games that decide them
/// @notice docs/protocol.md is the specification.
interface IPinpoint {
    // Deployment.
    error InvalidParameter(string name, uint256 value, uint256 least, uint256 most);
    /// @notice An arbiter's address has no code.
    error NoCode(address account);

    // Registry.
    error ModelExists(bytes32 model);
    error UnknownModel(bytes32 model);
    error LengthOutOfRange(uint256 length, uint256 most);
    error IterationsOutOfRange(uint256 iterations, uint256 most);
    error UnsupportedMachineVersion(uint32 version, uint32 supported);
    /// @notice The initial slots root isn't node(node(ZERO_35, outputsRoot), rest).
    error InitialSlotsRootMismatch(bytes32 computed, bytes32 given);

    // Claims.
    error WrongBond(uint256 sent, uint256 wanted);
    /// @notice Fee and deadline must be 0: fees can't be locked yet.
    error FeeNotSupported(uint128 fee, uint64 deadline);
    /// @notice The input isn't what the request's inputs root binds (input slot 0, all other inputs empty).
    error InputMismatch(bytes32 computed, bytes32 inputsRoot);
    error ClaimExists(bytes32 claimId);
    /// @notice No claim of this request, submitter and end; or it is decided already.
    error ClaimNotOpen(bytes32 claimId, ClaimStatus status);
    error WindowClosed(uint256 ended, uint256 now_);
    error WindowOpen(uint256 until, uint256 now_);
    error GamesOpen(bytes32 claimId, uint256 games);

    // Games.
    error SelfChallenge(address submitter);
    /// @notice No such game, or it is decided already.
    error GameNotOpen(bytes32 gameId, GameStatus status);
    /// @notice The state passed isn't the game's: another move came first, or it was another game's.
    error GameStateMismatch(bytes32 computed, bytes32 stored);
    error NotYourTurn(uint8 turn);
    /// @notice The sender isn't the side whose move it is (concede: neither side).
    error NotThePlayer(address sender, address player);
    /// @notice The clock of the side whose turn it is has run out; `timeout` ends the game.
    error ClockRanOut(uint256 elapsed, uint256 clock);
    error ClockRunning(uint256 elapsed, uint256 clock);
    error WrongLevel(uint8 level, uint8 wanted);
    /// @notice Segments of one step can't be dissected, longer ones not decided.
    error WrongSegment(uint64 lo, uint64 hi);
    error WrongHashCount(uint256 given, uint256 wanted);
    error PartOutOfRange(uint256 part, uint256 parts);
    /// @notice Not the number of siblings that the part's two ends need.
    error WrongSiblingCount(uint256 given, uint256 wanted);
    error DissectionMismatch(bytes32 computed, bytes32 dissection);
    /// @notice Part 0 starts with the segment's own start.
    error PartStartMismatch(bytes32 given, bytes32 start);
    error StepsOutOfRange(uint64 steps, uint64 most);
    /// @notice What is proven starts from another state than the segment.
    error StartMismatch(bytes32 computed, bytes32 start);
    /// @notice What is proven ends in another state than the submitter said.
    error EndMismatch(bytes32 computed, bytes32 end);

    // Money.
    error NothingToWithdraw(address account);
    error WithdrawalFailed(address account, uint256 amount);
    /// @notice Only games that were open when another felled their claim are settled, once.
    error NotMoot(bytes32 gameId, GameStatus game, ClaimStatus claim);

    event Registered(bytes32 indexed model, address indexed owner, Registration registration);
    event Claimed(
        bytes32 indexed claimId,
        bytes32 indexed requestHash,
        address indexed submitter,
        Request request,
        bytes32 end,
        bytes input
    );
    /// @dev Segment [0, length], turn 0. In this and all moves' events: each side's seconds left after the move. The one whose
    /// turn it is has until the block's timestamp plus its clock.
    event Challenged(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        address indexed challenger,
        address submitter,
        uint32 number,
        uint64 length,
        bytes32 start,
        bytes32 end,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev The inner hashes; the last part's end is the segment's.
    event Dissected(bytes32 indexed gameId, bytes32[] hashes, uint32 submitterClock, uint32 challengerClock);
    event Selected(
        bytes32 indexed gameId,
        uint8 part,
        uint64 lo,
        uint64 hi,
        bytes32 loHash,
        bytes32 hiHash,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev `graphStep`: the segment's start. steps = 0: the step was no CALL; Resolved follows, and hashes and roots are 0.
    /// steps = 1: no hashes, turn 0. Else the hashes are the first dissection's inner ones, turn 1.
    event Descended(
        bytes32 indexed gameId,
        uint64 graphStep,
        bytes32 codeRoot,
        uint64 steps,
        bytes32 start,
        bytes32 end,
        bytes32[] hashes,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev `next`: where the step leads, which the segment's end is or isn't.
    event Proved(bytes32 indexed gameId, bytes32 next);
    event Conceded(bytes32 indexed gameId, address indexed by);
    event TimedOut(bytes32 indexed gameId, address indexed loser, address indexed caller);
    /// @dev Where the game's bonds went: the amounts sum to the challenge bond, and if the challenger won to both bonds.
    /// `toPool` stays for challengers whose games became moot.
    event Resolved(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        bool submitterWon,
        uint256 burned,
        uint256 toSubmitter,
        uint256 toChallenger,
        uint256 toCaller,
        uint256 toPool
    );
    /// @dev `pool`: of the claim's bond, for the challengers by their moves, of which there are `weight`.
    event Fallen(
        bytes32 indexed claimId, bytes32 indexed gameId, uint256 burned, uint256 pool, uint256 weight
    );
    event Finalized(bytes32 indexed claimId, address indexed submitter, uint256 returned);
    /// @dev A moot game's challenger got its bond back, and a share of the pool.
    event Settled(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        address indexed challenger,
        uint256 bond,
        uint256 share
    );
    event Credited(address indexed account, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);

    function register(Registration calldata registration) external returns (bytes32 model);

    /// @notice Claims that the request's run ends in the graph state hashed `end`. Bond: CLAIM_BOND.
    /// @param input Content of input slot 0, up to 16 KiB, if the request has no other inputs; or empty: the data is elsewhere.
    function claim(Request calldata request, bytes32 end, bytes calldata input)
        external
        payable
        returns (bytes32 claimId);

    /// @notice Opens a game against a claim. Bond: CHALLENGE_BOND.
    function challenge(Request calldata request, address submitter, bytes32 end)
        external
        payable
        returns (bytes32 gameId);

    /// @notice The submitter's hashes at the inner ends of the segment's min(K, hi - lo) parts.
    function dissect(Game calldata game, bytes32[] calldata hashes) external;

    /// @notice The challenger's choice of a part whose start it accepts and whose end it disputes.
    /// @param part Number of the part, from 0.
    /// @param loHash Hash at the part's start: the end of the part before it, or the segment's own start.
    /// @param hiHash Hash at the part's end.
    /// @param siblings What the two ends (part 0: the one) need to be folded to the dissection's root: level by level from the
    /// leaves up, within a level from the left. Ends that are siblings of each other need none.
    function select(
        Game calldata game,
        uint8 part,
        bytes32 loHash,
        bytes32 hiHash,
        bytes32[] calldata siblings
    ) external;

    /// @notice Proves the graph step of a segment of length 1. A CALL leads to the machine level; others are decided here.
    /// @param hashes Inner hashes of the machine segment's first dissection; none if it has one step.
    function descend(Game calldata game, Descent calldata descent, bytes32[] calldata hashes) external;

    /// @notice Executes the machine step of a segment of length 1: the submitter wins if it leads to the segment's end, the
    /// challenger if it doesn't. Anyone may.
    function prove(Game calldata game, bytes calldata witness) external;

    /// @notice The sender, submitter or challenger, gives the game up and keeps a part of its bond.
    function concede(bytes32 gameId) external;

    /// @notice Ends a game in which the side whose turn it is has used up its clock; the sender gets a share of its bond.
    function timeout(bytes32 gameId) external;

    /// @notice Returns the bond of a claim that nobody can challenge any more and that has no open game.
    function finalize(bytes32 claimId) external;

    /// @notice Pays out a game that was open when another felled its claim: the bond, and a share by the moves made. For
    /// anyone to call.
    function settle(bytes32 gameId) external;

    /// @notice Sends the sender what it is owed.
    function withdraw() external;

    function withdrawable(address account) external view returns (uint256 amount);

    /// @notice Wei of fallen claims' bonds that nobody can ever withdraw.
    function burned() external view returns (uint256 amount);

    function K() external view returns (uint256);
    function WINDOW() external view returns (uint256);
    function CLOCK() external view returns (uint256);
    function INCREMENT() external view returns (uint256);
    function DESCENT_INCREMENT() external view returns (uint256);
    function CLAIM_BOND() external view returns (uint256);
    function CHALLENGE_BOND() external view returns (uint256);

    function getModel(bytes32 model) external view returns (ModelState memory);
    function getClaim(bytes32 claimId) external view returns (ClaimState memory);
    function getGame(bytes32 gameId) external view returns (GameState memory);
}
