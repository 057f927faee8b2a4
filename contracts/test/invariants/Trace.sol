// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Descent, Game, Registration} from "../../src/Types.sol";
import {CountingArbiter} from "../utils/CountingArbiter.sol";
import {GraphModel} from "../utils/GraphModel.sol";

/// @dev A short run of a small model, computed once: what is true, and what liars say instead.
abstract contract Trace is GraphModel {
    uint64 internal constant K = 16;
    bytes32 private constant FALSE_OUTPUT = keccak256("false output");
    uint64 private constant NEVER = type(uint64).max;

    /// @dev A lie: a false output of call `graph`, whose machine states are false behind position `machine`. `graph` = CALLS: all is
    /// true but the end.
    struct Lie {
        uint64 graph;
        uint64 machine;
        /// Positions whose hashes are true again behind the lie: bit position % 8.
        uint8 back;
        /// Whether the hashes between a graph's ends are garbage, although true ones exist.
        bool garbage;
    }

    uint32 internal immutable ITERATIONS;
    uint64 internal immutable CALLS;
    /// @dev Graph steps: the calls, and FINISH.
    uint64 internal immutable LENGTH;
    /// @dev Steps of a call in the machine.
    uint64 internal immutable RUN;

    CountingArbiter internal counting;
    Registration internal registration;
    bytes32 internal inputsRoot;
    bytes32[] internal truth;
    /// @dev State after call g if its output is false.
    bytes32[] internal afterLie;
    bytes32[] internal starts;
    mapping(uint64 step => bytes) private _descents;

    constructor(uint32 iterations, uint64 run) {
        ITERATIONS = iterations;
        CALLS = 3 * uint64(iterations);
        LENGTH = CALLS + 1;
        RUN = run;
        counting = new CountingArbiter(run);
        _computeTrace();
    }

    function _honest() internal pure returns (Lie memory) {
        return Lie(NEVER, NEVER, 0, false);
    }

    function _computeTrace() private {
        _initTrees();
        uint16[] memory two = new uint16[](2);
        (two[0], two[1]) = (INPUT, OUTPUT);
        _push(_callBytes(TEMPORARY + 1, CONSTANT, 7, two));
        (two[0], two[1]) = (TEMPORARY + 1, CONSTANT + 5);
        _push(_callBytes(OUTPUT, CONSTANT + 1, 9, two));
        (two[0], two[1]) = (OUTPUT, OUTPUT);
        _push(_callBytes(TEMPORARY + 900, TEMPORARY + 1, 11, two));
        _set(slotTree, CONSTANT + 5, keccak256("weights"));
        registration = _registration(ITERATIONS);
        _set(slotTree, INPUT, keccak256("input"));
        inputsRoot = _group(0);
        for (uint64 g = 0; g < CALLS; g++) {
            truth.push(keccak256(_running(g, _rootOf(slotTree))));
            Descent memory descent = _callDescent(g);
            bytes32 start = _machineStart(descent.instruction, uint32(g / 3));
            starts.push(start);
            uint256 slot = _operands(program[g % 3])[0];
            descent.steps = RUN;
            descent.outputRoot = counting.output(start);
            _descents[g] = abi.encode(descent);
            _set(slotTree, slot, FALSE_OUTPUT);
            afterLie.push(keccak256(_running(g + 1, _rootOf(slotTree))));
            _set(slotTree, slot, counting.output(start));
        }
        truth.push(keccak256(_running(CALLS, _rootOf(slotTree))));
        _descents[CALLS] = abi.encode(_finishDescent(CALLS));
        truth.push(keccak256(abi.encodePacked(uint8(0x12), _group(1))));
    }

    function _descent(Lie memory lie, uint64 step) internal view returns (Descent memory descent) {
        descent = abi.decode(_descents[step], (Descent));
        if (lie.graph == step && step < CALLS) descent.outputRoot = FALSE_OUTPUT;
    }

    /// @dev What a submitter says about a position of the graph.
    function _graphHash(Lie memory lie, uint64 position) internal view returns (bytes32) {
        if (lie.graph == NEVER || position == 0) return truth[position];
        if (position == LENGTH) return keccak256(abi.encode("false end", lie.graph));
        if (lie.garbage) return keccak256(abi.encode("garbage", position));
        if (position <= lie.graph) return truth[position];
        if (position == lie.graph + 1) return afterLie[lie.graph];
        return
            (lie.back >> (position % 8)) & 1 == 1 ? truth[position] : keccak256(abi.encode("lie", position));
    }

    /// @dev The same about a position of the machine's run at a graph step.
    function _machineHash(Lie memory lie, uint64 step, uint64 position) internal view returns (bytes32) {
        if (lie.graph != step || position <= lie.machine) return _trueState(step, position);
        if (position == RUN) return keccak256(abi.encodePacked(uint8(2), FALSE_OUTPUT));
        return (lie.back >> (position % 8)) & 1 == 1
            ? _trueState(step, position)
            : keccak256(abi.encode("machine lie", position));
    }

    function _trueState(uint64 step, uint64 position) internal view returns (bytes32) {
        return counting.state(starts[step], CODE_ROOT, position);
    }

    function _end(Lie memory lie) internal view returns (bytes32) {
        return _graphHash(lie, LENGTH);
    }

    function _parts(Game memory game) internal pure returns (uint64) {
        return game.hi - game.lo < K ? game.hi - game.lo : K;
    }

    function _partEnd(Game memory game, uint64 part) internal pure returns (uint64) {
        return game.lo + uint64(uint256(game.hi - game.lo) * (part + 1) / _parts(game));
    }
}
