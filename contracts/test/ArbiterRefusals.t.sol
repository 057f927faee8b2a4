// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Arbiter} from "../src/arbiter/Arbiter.sol";
import {Opcodes} from "../src/arbiter/generated/Opcodes.sol";
import {StepFile} from "./utils/StepFile.sol";

/// @dev Witnesses that were changed in any of their fields prove nothing about the state they were of: the call reverts, or what it
/// proves is about another state. What may be changed is what decides nothing: zero subtrees may be given (Multiproof), and those
/// steps are among the vectors with their one next state.
contract ArbiterRefusalsTest is StepFile {
    /// @dev Steps of each form that don't trap, and that do, whose bytes are all changed in turn; of forms that have them, besides,
    /// the step whose trees have no zero subtree.
    uint256 private constant STEPS = 2;
    uint256 private constant TRAPS = 1;
    bytes32 private constant TRAPPED = keccak256(hex"03");

    uint256 private _tried;

    error Unnoticed(string name, string change, uint256 place, uint256 value);

    /// @dev Every field is made of bytes: tag, pc, fp, pages, leaves of code, slots and memory, bitmaps, siblings, roots.
    function testNoChangedByteGoesUnnoticed() public {
        _each(_bytes);
    }

    function testNothingMayBeMissing() public {
        _each(_truncated);
    }

    function testNothingMayFollow() public {
        _each(_surplus);
    }

    /// @dev Words of 32 bytes that change places: siblings, halves of leaves, roots.
    function testNoTwoWordsMayBeSwapped() public {
        _each(_swapped);
    }

    /// @dev A path of another length, and a sibling more or less, with the bitmap to match or not.
    function testNoWordMayBeMissingOrDoubled() public {
        _each(_resized);
    }

    /// @dev A proof belongs to one place: with other indices (pc, fp) the same leaves and siblings prove another state.
    function testNoIndexMayBeAnother() public {
        _each(_moved);
    }

    function testAnotherCodeRootIsRefused() public {
        _each(_foreignCode);
    }

    function _each(function(Step memory) internal change) private {
        bytes memory content = _content();
        uint256[FORMS] memory steps;
        uint256[FORMS] memory traps;
        uint256 free = _free();
        for (uint256 cursor = 0; cursor < content.length;) {
            Step memory one;
            (one, cursor) = _read(content, cursor);
            uint256 form = Opcodes.row(one.opcode) & Opcodes.FORM_MASK;
            bool chosen =
                one.next == TRAPPED ? traps[form]++ < TRAPS : steps[form]++ < STEPS || _isDense(one.name);
            if (chosen) change(one);
            _release(free);
        }
        for (uint256 form = 0; form < FORMS; form++) {
            assertTrue(steps[form] + traps[form] > 0, "a form without a step");
        }
        emit log_named_uint("changed witnesses refused", _tried);
        assertGt(_tried, 0);
    }

    /// @dev The steps at full depth end their names so.
    function _isDense(string memory name) private pure returns (bool) {
        bytes memory text = bytes(name);
        return text.length > 22
            && keccak256(_slice(text, text.length - 21, 21)) == keccak256("without zero subtrees");
    }

    function _bytes(Step memory one) private {
        bytes memory witness = one.witness;
        uint256 free = _free();
        bool long = witness.length > 2000;
        for (uint256 i = 0; i < witness.length; i++) {
            uint8 original = uint8(witness[i]);
            // One bit, another from byte to byte; all bits; the next number; 0, or 128 in its place.
            uint8[4] memory values = [
                original ^ uint8(1 << (i % 8)),
                original ^ 0xff,
                original == 0xff ? 0 : original + 1,
                original == 0 ? 0x80 : 0
            ];
            for (uint256 j = 0; j < (long ? 1 : 4); j++) {
                witness[i] = bytes1(values[j]);
                _refused(one, witness, "byte", i, values[j]);
            }
            witness[i] = bytes1(original);
            _release(free);
        }
    }

    function _truncated(Step memory one) private {
        uint256 length = one.witness.length;
        uint256 free = _free();
        for (uint256 i = 0; i < length; i++) {
            _refused(one, _slice(one.witness, 0, i), "length", i, 0);
            _release(free);
        }
    }

    function _surplus(Step memory one) private {
        uint256 length = one.witness.length;
        for (uint256 more = 1; more <= 33; more++) {
            _refused(one, abi.encodePacked(one.witness, new bytes(more)), "surplus", length, more);
        }
        _refused(one, abi.encodePacked(one.witness, one.witness), "doubled", length, 0);
        _refused(one, abi.encodePacked(bytes1(0), one.witness), "byte before", 0, 0);
    }

    function _swapped(Step memory one) private {
        bytes memory witness = one.witness;
        uint256 free = _free();
        // At every offset: where the words of a field begin depends on the form.
        for (uint256 i = 0; i + 64 <= witness.length; i++) {
            bytes memory changed = _slice(witness, 0, witness.length);
            assembly ("memory-safe") {
                let place := add(add(changed, 32), i)
                let word := mload(place)
                mstore(place, mload(add(place, 32)))
                mstore(add(place, 32), word)
            }
            if (keccak256(changed) != keccak256(witness)) _refused(one, changed, "swapped", i, 0);
            _release(free);
        }
    }

    function _resized(Step memory one) private {
        bytes memory witness = one.witness;
        uint256 free = _free();
        for (uint256 i = 0; i + 32 <= witness.length; i++) {
            bytes memory head = _slice(witness, 0, i);
            bytes memory word = _slice(witness, i, 32);
            bytes memory tail = _slice(witness, i + 32, witness.length - i - 32);
            _refused(one, abi.encodePacked(head, tail), "missing word", i, 0);
            _refused(one, abi.encodePacked(head, word, word, tail), "doubled word", i, 0);
            _release(free);
        }
    }

    function _moved(Step memory one) private {
        if (one.witness[0] != 0x01) return;
        uint256 free = _free();
        for (uint256 field = 0; field < 2; field++) {
            uint256 place = 1 + 4 * field;
            uint256 value = _number(one.witness, place, 4);
            for (uint256 bit = 0; bit < 32; bit++) {
                bytes memory changed = abi.encodePacked(
                    _slice(one.witness, 0, place),
                    uint32(value ^ (1 << bit)),
                    _slice(one.witness, place + 4, one.witness.length - place - 4)
                );
                _refused(one, changed, field == 0 ? "pc" : "fp", bit, 0);
                _release(free);
            }
        }
    }

    function _foreignCode(Step memory one) private {
        // Ended, limited and lost states need no code.
        if (one.witness[0] != 0x01 || one.witness.length <= 77) return;
        for (uint256 bit = 0; bit < 256; bit++) {
            bytes32 other = one.codeRoot ^ bytes32(uint256(1) << bit);
            (bool done,) =
                address(arbiter).staticcall(abi.encodeCall(Arbiter.step, (other, one.position, one.witness)));
            if (done) revert Unnoticed(one.name, "code root", bit, 0);
            _tried++;
        }
    }

    function _refused(
        Step memory one,
        bytes memory witness,
        string memory change,
        uint256 place,
        uint256 value
    ) private {
        _tried++;
        (bool done, bytes memory answer) =
            address(arbiter).staticcall(abi.encodeCall(Arbiter.step, (one.codeRoot, one.position, witness)));
        if (!done) return;
        (bytes32 from,) = abi.decode(answer, (bytes32, bytes32));
        if (from == one.previous) revert Unnoticed(one.name, change, place, value);
    }
}
