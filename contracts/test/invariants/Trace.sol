// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Descent, Game, Registration} from "../../src/Types.sol";
import {CountingArbiter} from "../utils/CountingArbiter.sol";
import {GraphModel} from "../utils/GraphModel.sol";

/// @dev A short run of a small model, computed once: what is true, and what several kinds of liars say instead.
abstract contract Trace is GraphModel {
    uint32 internal constant ITERATIONS = 2;
    uint64 internal constant CALLS = 3 * uint64(ITERATIONS);
    /// @dev Graph steps: the calls, and FINISH.
    uint64 internal constant LENGTH = CALLS + 1;
    /// @dev Steps of a call in the machine.
    uint64 internal constant RUN = 40;
    uint64 internal constant K = 16;
    bytes32 private constant FALSE_OUTPUT = keccak256("false output");

    /// @dev Kinds of submitters. The truth; a false output of step `graph`, with machine states that are false from `machine` on (none
    /// with `machine` = RUN - 1 but the last); `graph` = CALLS: only the end is false.
    struct Variant {
        uint64 graph;
        uint64 machine;
        /// Whether the hashes between are garbage, although a true one exists.
        bool garbage;
    }

    uint256 internal constant TRUTH = 0;
    uint256 internal constant VARIANTS = 6;
    uint64 private constant NEVER = type(uint64).max;

    CountingArbiter internal counting;
    Variant[VARIANTS] internal variants;
    Registration internal registration;
    bytes32 internal inputsRoot;
    bytes32[] internal truth;
    bytes32[VARIANTS] internal afterLie;
    bytes32[] internal starts;
    mapping(uint256 variant => mapping(uint64 step => bytes)) private _descents;

    function _computeTrace() internal {
        counting = new CountingArbiter(RUN);
        variants[0] = Variant(NEVER, NEVER, false);
        variants[1] = Variant(2, 13, false);
        variants[2] = Variant(5, RUN - 1, false);
        variants[3] = Variant(CALLS, 0, false);
        variants[4] = Variant(0, 0, true);
        variants[5] = Variant(CALLS - 1, 17, true);
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
            bytes32 before = _slot(slot);
            descent.steps = RUN;
            for (uint256 v = 0; v < VARIANTS; v++) {
                bool lies = variants[v].graph == g;
                descent.outputRoot = lies ? FALSE_OUTPUT : counting.output(start);
                _descents[v][g] = abi.encode(descent);
                if (!lies) continue;
                _set(slotTree, slot, FALSE_OUTPUT);
                afterLie[v] = keccak256(_running(g + 1, _rootOf(slotTree)));
                _set(slotTree, slot, before);
            }
            _set(slotTree, slot, counting.output(start));
        }
        truth.push(keccak256(_running(CALLS, _rootOf(slotTree))));
        bytes memory finish = abi.encode(_finishDescent(CALLS));
        for (uint256 v = 0; v < VARIANTS; v++) {
            _descents[v][CALLS] = finish;
        }
        truth.push(keccak256(abi.encodePacked(uint8(0x12), _group(1))));
    }

    function _descent(uint256 variant, uint64 step) internal view returns (Descent memory) {
        return abi.decode(_descents[variant][step], (Descent));
    }

    /// @dev What a submitter of this kind says about a position of the graph.
    function _graphHash(uint256 variant, uint64 position) internal view returns (bytes32) {
        Variant memory v = variants[variant];
        if (v.garbage && position > 0 && position < LENGTH) return keccak256(abi.encode("garbage", position));
        if (v.graph == NEVER || position <= v.graph) return truth[position];
        if (position == v.graph + 1 && v.graph < CALLS) return afterLie[variant];
        return keccak256(abi.encode("lie", variant, position));
    }

    /// @dev The same about a position of the machine's run at a graph step.
    function _machineHash(uint256 variant, uint64 step, uint64 position) internal view returns (bytes32) {
        Variant memory v = variants[variant];
        if (v.graph == step && position == RUN) return keccak256(abi.encodePacked(uint8(2), FALSE_OUTPUT));
        if (v.graph == step && position > v.machine) return keccak256(abi.encode("machine lie", position));
        return _trueState(step, position);
    }

    function _trueState(uint64 step, uint64 position) internal view returns (bytes32) {
        return counting.state(starts[step], CODE_ROOT, position);
    }

    function _end(uint256 variant) internal view returns (bytes32) {
        return _graphHash(variant, LENGTH);
    }

    function _parts(Game memory game) internal pure returns (uint64) {
        return game.hi - game.lo < K ? game.hi - game.lo : K;
    }

    function _partEnd(Game memory game, uint64 part) internal pure returns (uint64) {
        return game.lo + uint64(uint256(game.hi - game.lo) * (part + 1) / _parts(game));
    }
}
