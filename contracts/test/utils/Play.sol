// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demands} from "../../src/Demands.sol";
import {GraphArbiter} from "../../src/GraphArbiter.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Registry} from "../../src/Registry.sol";
import {Claim, Descent, Game, Leaf, Registration, Request, Terms} from "../../src/Types.sol";
import {CountingArbiter} from "./CountingArbiter.sol";
import {GraphModel} from "./GraphModel.sol";
import {Test} from "./Test.sol";

/// @dev A model of three operators, its true run, and both sides' moves.
abstract contract Play is Test, GraphModel {
    uint32 internal constant ITERATIONS = 100;
    /// @dev Steps of one operator in the machine.
    uint64 internal constant RUN = 1_000_003;
    uint256 internal constant CLAIM_BOND = 1 ether;
    uint256 internal constant CHALLENGE_BOND = 0.2 ether;
    uint256 internal constant REPAYMENT = 0.001 ether;
    /// @dev Set aside for a game whose moves are sure to be repaid, and such games that the claim's bond is enough for.
    uint256 internal constant RESERVE = 30 * REPAYMENT;
    /// @dev What a challenge is repaid with.
    uint256 internal constant CHALLENGED = 4 * REPAYMENT;
    uint256 internal constant PLACES = 4;
    uint256 internal constant WINDOW = 1 days;
    uint256 internal constant CLOCK = 6 hours;
    uint256 internal constant INCREMENT = 60;
    uint256 internal constant DESCENT_INCREMENT = 600;
    uint256 internal constant LEAST_WINDOW = 1 hours;
    uint256 internal constant LEAST_CLOCK = 10 minutes;
    uint64 internal constant NEVER = type(uint64).max;
    /// @dev Time of the deployment: block.timestamp may be read anew after a warp by compiled code that said it once.
    uint256 internal constant START = 1_700_000_000;

    Registry internal registry;
    Pinpoint internal pinpoint;
    Demands internal demands;
    CountingArbiter internal counting;
    GraphArbiter internal graphArbiter;
    Registration internal registration;
    bytes32 internal model;
    bytes32 internal offer;
    Request internal request;
    address internal submitter;
    address internal alice;
    address internal bob;
    address internal carol;
    address internal anyone;

    /// @dev The claim made last, and the place in it that `request` has.
    Claim internal claimed;
    Leaf internal leaf;
    /// @dev All claims made and games opened.
    mapping(bytes32 claimId => Claim) internal claimOf;
    bytes32[] internal claimIds;
    Game[] internal opened;

    /// @dev Hash of graph state g, and slot roots that step g - 1 wrote.
    bytes32[] internal graphHashes;
    /// @dev The submitter's graph states after step `lieAt` are false; that step's machine ends in a false output.
    uint64 internal lieAt;
    /// @dev Its machine states after this position are false.
    uint64 internal machineLieAt;
    bytes32 private _lieNext;
    bytes32 private _start;
    bytes32[] private _initial;

    bytes32 internal constant FALSE_OUTPUT = keccak256("false output");

    function setUp() public virtual {
        _deploy(16, RUN);
    }

    function _terms() internal pure virtual returns (Terms memory) {
        return Terms({
            submitter: address(0),
            token: address(0),
            fee: 0,
            window: uint24(WINDOW),
            clock: uint24(CLOCK),
            increment: uint24(INCREMENT),
            descentIncrement: uint24(DESCENT_INCREMENT),
            commitDelay: 0,
            claimBond: uint96(CLAIM_BOND),
            challengeBond: uint96(CHALLENGE_BOND),
            repayment: uint96(REPAYMENT)
        });
    }

    /// @dev Contracts, a registered model, an offer, the model's true run. The submitter is honest until `_lie`.
    function _deploy(uint256 k, uint64 run) internal {
        vm.warp(START);
        submitter = _player("submitter");
        alice = _player("alice");
        bob = _player("bob");
        carol = _player("carol");
        anyone = makeAddr("anyone");
        counting = new CountingArbiter(run);
        graphArbiter = new GraphArbiter();
        registry = new Registry(LEAST_WINDOW, LEAST_CLOCK, REPAYMENT);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        pinpoint = new Pinpoint(k, registry, counting, graphArbiter, next);
        demands = new Demands(pinpoint);
        if (program.length == 0) {
            _initTrees();
            uint16[] memory two = new uint16[](2);
            (two[0], two[1]) = (INPUT, OUTPUT);
            _push(_callBytes(TEMPORARY + 1, CONSTANT, 7, two));
            (two[0], two[1]) = (TEMPORARY + 1, CONSTANT + 5);
            _push(_callBytes(OUTPUT, CONSTANT + 1, 9, two));
            (two[0], two[1]) = (OUTPUT, OUTPUT);
            _push(_callBytes(TEMPORARY + 900, TEMPORARY + 1, 11, two));
            _set(slotTree, CONSTANT, keccak256("attributes"));
            _set(slotTree, CONSTANT + 5, keccak256("weights"));
            _set(slotTree, OUTPUT + 3, keccak256("another output"));
        }
        _reset();
        registration = _registration(ITERATIONS);
        model = registry.register(registration);
        offer = registry.offer(model, _terms());
        _set(slotTree, INPUT, keccak256("input"));
        request = Request(anyone, 1, model, ITERATIONS, _group(0), 0, 0);
        _runGraph();
        _honest();
    }

    function _player(string memory name) internal returns (address account) {
        account = makeAddr(name);
        vm.deal(account, 1000 ether);
    }

    function _reset() private {
        _set(slotTree, INPUT, _zero(21));
        _set(slotTree, OUTPUT, _zero(21));
        _set(slotTree, TEMPORARY + 1, _zero(21));
        _set(slotTree, TEMPORARY + 900, _zero(21));
    }

    /// @dev Slots before step g.
    function _slotsAt(uint64 g) internal {
        _reset();
        _set(slotTree, INPUT, keccak256("input"));
        // Every iteration writes all three slots, and reads from the one before only what it wrote.
        for (uint64 i = 0; i < g; i++) {
            _set(slotTree, _operands(program[i % 3])[0], _outputs[i]);
        }
    }

    bytes32[] private _outputs;

    function _runGraph() private {
        delete graphHashes;
        delete _outputs;
        uint64 steps = 3 * ITERATIONS;
        for (uint64 g = 0; g < steps; g++) {
            graphHashes.push(keccak256(_running(g, _rootOf(slotTree))));
            bytes32 output = counting.output(_machineStart(program[g % 3], uint32(g / 3)));
            _outputs.push(output);
            _set(slotTree, _operands(program[g % 3])[0], output);
        }
        graphHashes.push(keccak256(_running(steps, _rootOf(slotTree))));
        graphHashes.push(keccak256(abi.encodePacked(uint8(0x12), _group(1))));
    }

    function _length() internal view returns (uint64) {
        return uint64(graphHashes.length) - 1;
    }

    function _honest() internal {
        lieAt = NEVER;
        machineLieAt = NEVER;
    }

    /// @dev The submitter's operator `step` has a false output, from machine step `machineStep` on.
    function _lie(uint64 step, uint64 machineStep) internal {
        lieAt = step;
        machineLieAt = machineStep;
        _slotsAt(step);
        _set(slotTree, _operands(program[step % 3])[0], FALSE_OUTPUT);
        _lieNext = keccak256(_running(step + 1, _rootOf(slotTree)));
    }

    function _graphHash(uint64 position) internal view returns (bytes32) {
        if (lieAt == NEVER || position <= lieAt) return graphHashes[position];
        if (position == lieAt + 1) return _lieNext;
        return keccak256(abi.encode("lie", position));
    }

    function _machineHash(uint64 position) internal view returns (bytes32) {
        if (machineLieAt == NEVER || position <= machineLieAt) {
            return counting.state(_start, CODE_ROOT, position);
        }
        return keccak256(abi.encode("machine lie", position));
    }

    /// @dev What an honest party has at a position of the game's level.
    function _truth(Game memory game, uint64 position) internal view returns (bytes32) {
        return game.level == 0 ? graphHashes[position] : counting.state(_start, CODE_ROOT, position);
    }

    function _end() internal view returns (bytes32) {
        return _graphHash(_length());
    }

    function _requestHash(Request memory r) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x23),
                block.chainid,
                address(pinpoint),
                r.requester,
                r.nonce,
                r.model,
                r.iterations,
                r.inputsRoot,
                r.fee,
                r.deadline
            )
        );
    }

    function _leafHash(Request memory r, bytes32 end) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0x28), _requestHash(r), end));
    }

    function _claimId(Claim memory c) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x24),
                block.chainid,
                address(pinpoint),
                c.offer,
                c.submitter,
                c.source,
                c.first,
                c.count,
                c.root
            )
        );
    }

    function _gameId(Game memory game) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x25), block.chainid, address(pinpoint), game.claimId, game.challenger, game.number
            )
        );
    }

    /// @dev A claim of one run, that of `request`.
    function _singleClaim(bytes32 end) internal view returns (Claim memory) {
        return Claim(offer, submitter, address(0), 0, 1, _leafHash(request, end));
    }

    /// @dev Keeps a claim that has been made.
    function _record(Claim memory made) internal returns (bytes32 claimId) {
        claimId = _claimId(made);
        claimed = made;
        claimOf[claimId] = made;
        claimIds.push(claimId);
    }

    function _claim() internal returns (bytes32) {
        return _claim(_end());
    }

    function _claim(bytes32 end) internal returns (bytes32 claimId) {
        vm.prank(submitter);
        claimId = pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
        assertEq(_record(_singleClaim(end)), claimId);
        leaf = Leaf(0, end, new bytes32[](0));
    }

    /// @dev The game that a challenge to the place in the claim that `leaf` says opens.
    function _gameOf(address challenger) internal view returns (Game memory game) {
        game.claimId = _claimId(claimed);
        game.challenger = challenger;
        game.number = uint32(opened.length);
        game.iterations = request.iterations;
        game.hi = 3 * request.iterations + 1;
        game.loHash = graphHashes[0];
        game.hiHash = leaf.end;
        game.code = model;
    }

    function _challenge(address challenger) internal returns (Game memory game) {
        game = _gameOf(challenger);
        vm.prank(challenger);
        bytes32 id =
            pinpoint.challenge{value: CHALLENGE_BOND}(claimed, registration, request, leaf, game.number);
        assertEq(id, _gameId(game));
        opened.push(game);
    }

    function _parts(Game memory game) internal view returns (uint64) {
        uint64 k = uint64(pinpoint.K());
        return game.hi - game.lo < k ? game.hi - game.lo : k;
    }

    function _partEnd(Game memory game, uint64 part) internal view returns (uint64) {
        return game.lo + uint64(uint256(game.hi - game.lo) * (part + 1) / _parts(game));
    }

    /// @dev The submitter's hashes at all ends; the last is the segment's.
    function _ends(Game memory game) internal view returns (bytes32[] memory ends) {
        ends = new bytes32[](_parts(game));
        for (uint64 i = 0; i + 1 < ends.length; i++) {
            uint64 position = _partEnd(game, i);
            ends[i] = game.level == 0 ? _graphHash(position) : _machineHash(position);
        }
        ends[ends.length - 1] = game.hiHash;
    }

    /// @dev All but the last.
    function _inner(bytes32[] memory ends) internal pure returns (bytes32[] memory inner) {
        inner = new bytes32[](ends.length - 1);
        for (uint256 i = 0; i < inner.length; i++) {
            inner[i] = ends[i];
        }
    }

    function _levels(bytes32[] memory ends) private view returns (bytes32[][] memory levels) {
        uint256 depth;
        while (2 ** depth < pinpoint.K()) depth++;
        levels = new bytes32[][](depth + 1);
        levels[0] = new bytes32[](2 ** depth);
        for (uint256 i = 0; i < ends.length; i++) {
            levels[0][i] = ends[i];
        }
        for (uint256 height = 1; height <= depth; height++) {
            levels[height] = new bytes32[](2 ** (depth - height));
            for (uint256 i = 0; i < levels[height].length; i++) {
                levels[height][i] =
                    keccak256(abi.encodePacked(levels[height - 1][2 * i], levels[height - 1][2 * i + 1]));
            }
        }
    }

    function _dissectionRoot(bytes32[] memory ends) internal view returns (bytes32) {
        bytes32[][] memory levels = _levels(ends);
        return levels[levels.length - 1][0];
    }

    function _siblings(bytes32[] memory ends, uint256 part)
        internal
        view
        returns (bytes32[] memory siblings)
    {
        bytes32[][] memory levels = _levels(ends);
        siblings = new bytes32[](2 * levels.length);
        uint256 count;
        uint256 low = part == 0 ? 0 : part - 1;
        for (uint256 height = 0; height + 1 < levels.length; height++) {
            if (low == part) {
                siblings[count++] = levels[height][part ^ 1];
            } else if (low / 2 != part / 2) {
                siblings[count++] = levels[height][low ^ 1];
                siblings[count++] = levels[height][part ^ 1];
            }
            low /= 2;
            part /= 2;
        }
        assembly {
            mstore(siblings, count)
        }
    }

    function _copy(Game memory game) internal pure returns (Game memory) {
        return abi.decode(abi.encode(game), (Game));
    }

    function _afterDissect(Game memory game, bytes32[] memory ends) internal view returns (Game memory next) {
        next = _copy(game);
        next.turn = 1;
        next.dissection = _dissectionRoot(ends);
    }

    function _dissect(Game memory game) internal returns (Game memory next, bytes32[] memory ends) {
        ends = _ends(game);
        next = _afterDissect(game, ends);
        vm.prank(submitter);
        pinpoint.dissect(game, _inner(ends), false);
    }

    function _afterSelect(Game memory game, bytes32[] memory ends, uint64 part)
        internal
        view
        returns (Game memory next)
    {
        next = _copy(game);
        next.turn = 0;
        next.dissection = 0;
        if (part > 0) {
            next.lo = _partEnd(game, part - 1);
            next.loHash = ends[part - 1];
        }
        next.hi = _partEnd(game, part);
        next.hiHash = ends[part];
    }

    function _select(address challenger, Game memory game, bytes32[] memory ends, uint64 part)
        internal
        returns (Game memory next)
    {
        next = _afterSelect(game, ends, part);
        bytes32[] memory siblings = _siblings(ends, part);
        vm.prank(challenger);
        pinpoint.select(game, uint8(part), next.loHash, next.hiHash, siblings);
    }

    /// @dev First part whose end isn't true; the last one if all are.
    function _disputed(Game memory game, bytes32[] memory ends) internal view returns (uint64 part) {
        while (part + 1 < ends.length && ends[part] == _truth(game, _partEnd(game, part))) part++;
    }

    /// @dev One dissection and one honest selection.
    function _round(address challenger, Game memory game) internal returns (Game memory) {
        (Game memory next, bytes32[] memory ends) = _dissect(game);
        return _select(challenger, next, ends, _disputed(next, ends));
    }

    /// @dev Down to one step of the level.
    function _narrow(address challenger, Game memory game) internal returns (Game memory) {
        while (game.hi - game.lo > 1) game = _round(challenger, game);
        return game;
    }

    /// @dev The submitter's descent at the game's step.
    function _descent(Game memory game) internal returns (Descent memory descent) {
        uint64 g = game.lo;
        _slotsAt(g);
        if (g == 3 * ITERATIONS) return _finishDescent(g);
        descent = _callDescent(g);
        _start = _machineStart(descent.instruction, uint32(g / 3));
        descent.steps = counting.length();
        descent.outputRoot = g == lieAt ? FALSE_OUTPUT : counting.output(_start);
    }

    /// @dev The game after a CALL's descent, and the ends of its first dissection.
    function _afterDescend(Game memory game, Descent memory descent)
        internal
        view
        returns (Game memory next, bytes32[] memory ends)
    {
        next = _copy(game);
        next.level = 1;
        next.lo = 0;
        next.hi = descent.steps;
        next.loHash = _start;
        next.hiHash = descent.trapped ? TRAPPED : keccak256(abi.encodePacked(uint8(2), descent.outputRoot));
        next.code = CODE_ROOT;
        if (descent.steps == 1) return (next, new bytes32[](1));
        ends = _ends(next);
        next.turn = 1;
        next.dissection = _dissectionRoot(ends);
    }

    function _descend(Game memory game) internal returns (Game memory next, bytes32[] memory ends) {
        Descent memory descent = _descent(game);
        (next, ends) = _afterDescend(game, descent);
        vm.prank(submitter);
        pinpoint.descend(game, registration, descent, _inner(ends), false);
    }

    /// @dev Plays to one step of the machine.
    function _toInstruction(address challenger, Game memory game) internal returns (Game memory) {
        game = _narrow(challenger, game);
        bytes32[] memory ends;
        (game, ends) = _descend(game);
        if (game.turn == 1) game = _select(challenger, game, ends, _disputed(game, ends));
        return _narrow(challenger, game);
    }

    function _witness() internal view returns (bytes memory) {
        return abi.encode(_start);
    }
}
