// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMoney} from "./IMoney.sol";
import {IRegistry} from "./IRegistry.sol";
import {
    Claim,
    ClaimState,
    ClaimStatus,
    Descent,
    Game,
    GameState,
    GameStatus,
    Leaf,
    Registration,
    Request,
    Rules
} from "./Types.sol";

/// @title Whose requests a claim may answer in order
interface ISource {
    /// @notice Hash of request number `number` under an offer; 0 or reverts if there is none. Never another for the same number.
    function requestHash(bytes32 offer, uint64 number) external view returns (bytes32);
}

/// @title Claims about model runs, and the games that decide them
/// @notice docs/protocol.md is the specification.
interface IPinpoint is IMoney {
    // Deployment.
    error InvalidParameter(string name, uint256 value, uint256 least, uint256 most);
    /// @notice An address that must be a contract has no code.
    error NoCode(address account);

    // Claims.
    error WrongBond(uint256 sent, uint256 wanted);
    /// @notice Only this account may claim under the offer.
    error NotTheSubmitter(address sender, address submitter);
    /// @notice The request is no run of the offer's model that anybody could be asked for.
    error IllFormedRequest(bytes32 request);
    /// @notice The input isn't what the request's inputs root binds (input slot 0, all other inputs empty).
    error InputMismatch(bytes32 computed, bytes32 inputsRoot);
    error BatchSizeOutOfRange(uint256 count, uint256 most);
    error FirstOutOfRange(uint64 first);
    error LengthMismatch(uint256 requests, uint256 ends);
    error ClaimExists(bytes32 claimId);
    /// @notice There is no such claim, or it is decided already.
    error ClaimNotOpen(bytes32 claimId, ClaimStatus status);
    error WindowClosed(uint256 ended, uint256 now_);
    error WindowOpen(uint256 until, uint256 now_);
    error GamesOpen(bytes32 claimId, uint256 games);
    /// @notice The request and the end aren't the claim's at this place.
    error NotInClaim(bytes32 computed, bytes32 root);
    /// @notice The request isn't the one that its contract holds under this number.
    error NotTheRequest(bytes32 computed, bytes32 held);
    /// @notice The registration isn't that of the offer's model.
    error NotTheModel(bytes32 computed, bytes32 model);
    /// @notice A request that can be run convicts nobody.
    error WellFormedRequest(bytes32 request);

    // Games.
    error SelfChallenge(address submitter);
    /// @notice The sender has opened a game of this number about the claim.
    error GameExists(bytes32 gameId);
    /// @notice No such game, or it is decided already.
    error GameNotOpen(bytes32 gameId, GameStatus status);
    /// @notice The state passed isn't the game's: another move came first, or it was another game's.
    error GameStateMismatch(bytes32 computed, bytes32 stored);
    /// @notice The claim passed isn't the one that the game is about.
    error ClaimMismatch(bytes32 computed, bytes32 wanted);
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
    /// @notice Not the number of siblings that a path, or the part's two ends, need.
    error WrongSiblingCount(uint256 given, uint256 wanted);
    error DissectionMismatch(bytes32 computed, bytes32 dissection);
    /// @notice Part 0 starts with the segment's own start.
    error PartStartMismatch(bytes32 given, bytes32 start);
    error StepsOutOfRange(uint64 steps, uint64 most);
    /// @notice What is proven starts from another state than the segment.
    error StartMismatch(bytes32 computed, bytes32 start);
    /// @notice What is proven ends in another state than the submitter said.
    error EndMismatch(bytes32 computed, bytes32 end);
    /// @notice The submitter hasn't given this answer in another game, or didn't keep it.
    error NoSuchAnswer(bytes32 position, bytes32 answer);

    // Money and demands.
    error OnlyDemands(address sender);
    /// @notice Only games that were open when their claim fell otherwise are settled, once.
    error NotMoot(bytes32 gameId, GameStatus status, ClaimStatus claim);

    event Claimed(
        bytes32 indexed claimId,
        bytes32 indexed offer,
        address indexed submitter,
        Claim claim,
        uint32 windowEnds
    );
    /// @dev Follows Claimed where the claim is about one request that no contract holds. `input`: content of input slot 0, or
    /// empty if it must be had elsewhere.
    event ClaimedRun(
        bytes32 indexed claimId, bytes32 indexed requestHash, Request request, bytes32 end, bytes input
    );
    /// @dev Follows Claimed where it is about several.
    event ClaimedRuns(bytes32 indexed claimId, bytes32[] requestHashes, bytes32[] ends);
    /// @dev Segment [0, length], turn 0. In this and all moves' events: each side's seconds left after the move. The one whose
    /// turn it is has until the block's timestamp plus its clock.
    event Challenged(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        address indexed challenger,
        address submitter,
        uint32 number,
        uint32 index,
        Request request,
        uint64 length,
        bytes32 start,
        bytes32 end,
        bool repaid,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev The inner hashes; the last part's end is the segment's.
    event Dissected(
        bytes32 indexed gameId, bytes32[] hashes, bool kept, uint32 submitterClock, uint32 challengerClock
    );
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
        bool kept,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev The answer that a Dissected or Descended with `kept` gave to the same position in another game of the claim.
    event Repeated(
        bytes32 indexed gameId,
        bytes32 indexed position,
        address indexed caller,
        uint32 submitterClock,
        uint32 challengerClock
    );
    /// @dev `next`: where the step leads, which the segment's end is or isn't.
    event Proved(bytes32 indexed gameId, address indexed prover, bytes32 next);
    event Conceded(bytes32 indexed gameId, address indexed by);
    event TimedOut(bytes32 indexed gameId, address indexed loser, address indexed caller);
    /// @dev Where the game's bonds went, in wei: the amounts sum to the challenge bond, and if the challenger won to both bonds.
    /// `toOthers` is set aside for challengers whose games became moot.
    event Resolved(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        bool submitterWon,
        uint256 burned,
        uint256 toSubmitter,
        uint256 toChallenger,
        uint256 toCaller,
        uint256 toOthers
    );
    /// @dev What felled it: a game, a demand, or (0) a request that can't be run. The amounts sum to the claim's bond.
    event Fallen(
        bytes32 indexed claimId,
        bytes32 indexed cause,
        address indexed winner,
        uint256 burned,
        uint256 toWinner,
        uint256 toOthers
    );
    event Finalized(bytes32 indexed claimId, address indexed submitter, uint256 returned);
    /// @dev A moot game's challenger got its bond back, and what its moves are repaid with; the rest of what was set aside for it
    /// is burned.
    event Settled(
        bytes32 indexed gameId,
        bytes32 indexed claimId,
        address indexed challenger,
        uint256 bond,
        uint256 repayment,
        uint256 burned
    );
    /// @notice Claims that the request's run ends in the graph state hashed `end`. Bond: the offer's.
    /// @param input Content of input slot 0, up to 16 KiB, if the request has no other inputs; or empty: the data is elsewhere.
    function claim(bytes32 offer, Request calldata request, bytes32 end, bytes calldata input)
        external
        payable
        returns (bytes32 claimId);

    /// @notice Claims the ends of up to 4,096 runs with one bond; one wrong end fells them all.
    function claimBatch(bytes32 offer, bytes32[] calldata requestHashes, bytes32[] calldata ends)
        external
        payable
        returns (bytes32 claimId);

    /// @notice Claims, for `submitter`, the ends of the sender's requests `first` to `first` + count - 1 under the offer. The sender
    /// (an ISource) answers for the requests, for the submitter's consent, and for the ends being public.
    function claimFor(bytes32 offer, address submitter, uint64 first, uint32 count, bytes32 root)
        external
        payable
        returns (bytes32 claimId);

    /// @notice Opens a game about one run of a claim. Bond: the offer's.
    /// @param number One that none of the sender's games about this claim has. (A counter could be used up.)
    function challenge(
        Claim calldata claim_,
        Registration calldata registration,
        Request calldata request,
        Leaf calldata leaf,
        uint32 number
    ) external payable returns (bytes32 gameId);

    /// @notice Fells a claim about a request that can't be run: of another model, or for a number of iterations that the model
    /// doesn't allow, or with a fee that nothing holds.
    function convict(Claim calldata claim_, Request calldata request, Leaf calldata leaf) external;

    /// @notice The submitter's hashes at the inner ends of the segment's min(K, hi - lo) parts.
    /// @param keep Whether the answer shall serve other games of the claim that come to the same position (`repeatAnswer`).
    function dissect(Game calldata game, bytes32[] calldata hashes, bool keep) external;

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
    function descend(
        Game calldata game,
        Registration calldata registration,
        Descent calldata descent,
        bytes32[] calldata hashes,
        bool keep
    ) external;

    /// @notice Makes the submitter's move that it made, and kept, in another game of the claim at the same position. Anyone may.
    /// @param next The game after the move.
    function repeatAnswer(Game calldata game, Game calldata next) external;

    /// @notice Executes the machine step of a segment of length 1: the submitter wins if it leads to the segment's end, the
    /// challenger if it doesn't. Anyone may.
    function prove(Claim calldata claim_, Game calldata game, bytes calldata witness) external;

    /// @notice The sender, submitter or challenger, gives the game up and keeps a part of its bond.
    function concede(Claim calldata claim_, Game calldata game) external;

    /// @notice Ends a game in which the side whose turn it is has used up its clock; the sender gets a share of its bond.
    function timeout(Claim calldata claim_, Game calldata game) external;

    /// @notice Returns the bond of a claim that nobody can challenge any more and about which nothing is open.
    function finalize(Claim calldata claim_) external returns (bytes32 claimId);

    /// @notice Pays out a game that was open when its claim fell otherwise: the bond, and what its moves are repaid with. For
    /// anyone to call.
    function settle(Claim calldata claim_, Game calldata game) external;

    /// @notice Wei of fallen claims' bonds that nobody can ever withdraw.
    function burned() external view returns (uint256 amount);

    /// @notice For DEMANDS: while a demand is open its claim isn't final. Reverts unless the claim is open and the leaf is its.
    function hold(Claim calldata claim_, bytes32 requestHash, Leaf calldata leaf)
        external
        returns (bytes32 claimId, ClaimState memory state, Rules memory rules);

    /// @notice For DEMANDS: a demand isn't open any more.
    function release(bytes32 claimId) external;

    /// @notice For DEMANDS: fells a claim, a demand about which nobody has answered.
    function fell(Claim calldata claim_, bytes32 demandId, address demander, address caller) external;

    function K() external view returns (uint256);
    function REGISTRY() external view returns (IRegistry);
    function DEMANDS() external view returns (address);

    function claimIdOf(Claim calldata claim_) external view returns (bytes32);
    function getClaim(bytes32 claimId) external view returns (ClaimState memory);
    function getGame(bytes32 gameId) external view returns (GameState memory);
}
