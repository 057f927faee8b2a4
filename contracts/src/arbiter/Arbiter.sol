// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Extension} from "./Extension.sol";
import {IAlu} from "./IAlu.sol";
import {LittleEndian} from "./LittleEndian.sol";
import {Slots} from "./Slots.sol";
import {Opening, Reader, Witness} from "./Witness.sol";
import {Opcodes} from "./generated/Opcodes.sol";

/// @dev A running state, without its roots.
struct Machine {
    uint256 pc;
    uint256 fp;
    uint256 pages;
}

/// @dev Roots of a state's trees and of the next state's, as far as they differ.
struct Roots {
    bytes32 slots;
    bytes32 memory_;
    bytes32 nextSlots;
    bytes32 nextMemory;
}

/// @dev A code word whose slots are in range. `other` is the slot beside a, b and c that the form names: d, a global, or the
/// one a call's link goes to.
struct Instruction {
    uint256 row;
    uint256 uses;
    uint256 a;
    uint256 b;
    uint256 c;
    uint256 other;
    uint256 immediate;
    uint256 second;
}

/// @title One step of the machine
/// @notice Decides from a witness what state follows a state; docs/machine.md says how.
/// @dev The contract holds nothing and believes nothing: every byte of a witness is bound by the hash of the state that the
/// step starts from or by the code root, or the call reverts. Whoever calls it compares `previous` with the hash agreed on.
contract Arbiter {
    using Witness for Reader;
    using Witness for Opening;
    using Slots for Opening;

    uint256 private constant STATE_RUNNING = 1;
    uint256 private constant STATE_HALTED = 2;
    uint256 private constant STATE_TRAPPED = 3;
    bytes32 private constant TRAPPED = keccak256(hex"03");

    uint256 private constant LIMIT = 1 << 48;
    uint256 private constant CODE_DEPTH = 18;
    uint256 private constant CODE_WORDS = 1 << 21;
    uint256 private constant CODE_BITMAP_BYTES = 3;
    uint256 private constant SLOTS_DEPTH = 17;
    uint256 private constant SLOTS_BITMAP_BYTES = 8;
    uint256 private constant GLOBALS = 1 << 10;
    uint256 private constant FRAME_SLOTS = (1 << 20) - GLOBALS;
    uint256 private constant MEMORY_DEPTH = 25;
    uint256 private constant MEMORY_BITMAP_BYTES = 6;
    uint256 private constant REGION_DEPTH = 21;
    uint256 private constant REGION_BITMAP_BYTES = 1;
    uint256 private constant OUTPUT_REGION = 1;
    uint256 private constant MAX_PAGES = 65536;
    uint256 private constant PAGE_BYTES = 65536;

    uint256 private constant MASK16 = 0xffff;
    uint256 private constant MASK32 = 0xffffffff;
    uint256 private constant MASK64 = 0xffffffffffffffff;
    uint256 private constant MASK128 = 0xffffffffffffffffffffffffffffffff;

    /// @notice i32, i64, f32 and f64.
    IAlu public immutable scalar;
    /// @notice The vectors' integers and their lanes as bits.
    IAlu public immutable vectorInteger;
    /// @notice The vectors' floats.
    IAlu public immutable vectorFloat;

    /// @notice A state's first byte is none of running, halted, trapped.
    error UnknownState(uint256 tag);
    /// @notice No state has more pages than the address space.
    error PagesOutOfRange(uint256 pages, uint256 limit);
    /// @notice The code leaf and its proof fold to another root than the code's.
    error CodeRootMismatch(bytes32 computed, bytes32 expected);

    /// @param scalar_ Computes the scalar numerics.
    /// @param vectorInteger_ Computes the integer vector numerics, moves of lanes included.
    /// @param vectorFloat_ Computes the float vector numerics; may be the same contract.
    constructor(IAlu scalar_, IAlu vectorInteger_, IAlu vectorFloat_) {
        scalar = scalar_;
        vectorInteger = vectorInteger_;
        vectorFloat = vectorFloat_;
    }

    /// @notice Executes one step.
    /// @param codeRoot Root of the code the machine runs.
    /// @param position Number of the state that the step starts from in its run.
    /// @param witness What docs/machine.md says under "Witness of one step". Reverts if it is malformed, too short, too long,
    /// or not of the state and code that it says it is of.
    /// @return previous Hash of the state that the step starts from.
    /// @return next Hash of the state after it.
    function step(bytes32 codeRoot, uint64 position, bytes calldata witness)
        external
        view
        returns (bytes32 previous, bytes32 next)
    {
        Reader memory reader = Witness.reader(witness);
        uint256 tag = reader.takeNumber(1);
        if (tag == STATE_RUNNING) {
            (previous, next) = _step(reader, codeRoot, position);
        } else if (tag == STATE_HALTED) {
            bytes32 region = bytes32(reader.takeNumber(32));
            next = previous = _hashHalted(region);
        } else if (tag == STATE_TRAPPED) {
            next = previous = TRAPPED;
        } else {
            revert UnknownState(tag);
        }
        reader.finish();
    }

    /// @dev The hashes of a running state and of the next one.
    function _step(Reader memory reader, bytes32 codeRoot, uint64 position)
        private
        view
        returns (bytes32 previous, bytes32 next)
    {
        uint256 header = reader.takeNumber(12);
        uint256 pc = header >> 64;
        uint256 fp = (header >> 32) & MASK32;
        uint256 pages = header & MASK32;
        if (pages > MAX_PAGES) revert PagesOutOfRange(pages, MAX_PAGES);
        Roots memory roots;
        if (position >= LIMIT - 1 || pc >= CODE_WORDS) {
            roots.slots = bytes32(reader.takeNumber(32));
            roots.memory_ = bytes32(reader.takeNumber(32));
            next = TRAPPED;
        } else {
            next = _run(Machine(pc, fp, pages), codeRoot, reader, roots);
        }
        // The roots have come from the witness, or from leaves and siblings of it: this hash binds them all.
        previous = _hashRunning(pc, fp, pages, roots.slots, roots.memory_);
    }

    /// @dev Rules 4 to 8: the hash of the next state. Sets the roots of this one.
    function _run(Machine memory machine, bytes32 codeRoot, Reader memory reader, Roots memory roots)
        private
        view
        returns (bytes32)
    {
        unchecked {
            Instruction memory code;
            bool trapped = !_decode(machine, codeRoot, reader, code);
            Opening memory slots;
            Opening memory memory_;
            if (!trapped && code.uses & Opcodes.USES_SLOTS != 0) {
                slots = _openSlots(reader, code);
                trapped = code.uses & Opcodes.USES_MEMORY != 0
                    ? _access(machine, reader, code, slots, memory_)
                    : _execute(machine, code, slots);
                (roots.slots, roots.nextSlots) = slots.roots(reader.zeros);
            } else {
                // Without slots there are nop, jump and halt.
                if (code.row & Opcodes.FORM_MASK == Opcodes.FORM_JUMP) machine.pc = code.immediate & MASK32;
                roots.nextSlots = roots.slots = bytes32(reader.takeNumber(32));
            }
            if (memory_.count != 0) {
                (roots.memory_, roots.nextMemory) = memory_.roots(reader.zeros);
            } else if (!trapped && code.row & Opcodes.FORM_MASK == Opcodes.FORM_HALT) {
                bytes32 region;
                (region, roots.memory_) = reader.openSubtree(
                    OUTPUT_REGION, REGION_DEPTH, MEMORY_DEPTH - REGION_DEPTH, REGION_BITMAP_BYTES
                );
                return _hashHalted(region);
            } else {
                roots.nextMemory = roots.memory_ = bytes32(reader.takeNumber(32));
            }
            return trapped
                ? TRAPPED
                : _hashRunning(machine.pc, machine.fp, machine.pages, roots.nextSlots, roots.nextMemory);
        }
    }

    /// @dev Reads the code word and fills in `code`; false if rule 4 or 5 traps.
    function _decode(Machine memory machine, bytes32 codeRoot, Reader memory reader, Instruction memory code)
        private
        pure
        returns (bool)
    {
        unchecked {
            uint256 pc = machine.pc;
            uint256 word;
            {
                uint256 indices = _words(pc >> 3, 1);
                Opening memory leaf = reader.open(indices, 1, CODE_DEPTH, CODE_BITMAP_BYTES);
                (bytes32 root,) = leaf.roots(reader.zeros);
                if (root != codeRoot) revert CodeRootMismatch(root, codeRoot);
                uint256 offset = leaf.data + ((pc & 7) << 4);
                word = LittleEndian.load(offset);
                // In the last word of the leaf this is not the second word, and rule 4 has trapped before it is used.
                code.second = offset + 16;
            }
            uint256 row = Opcodes.row(word & MASK16);
            uint256 uses = (Opcodes.USES >> ((row & Opcodes.FORM_MASK) << 3)) & 0xff;
            if (row == 0) return false;
            if (uses & Opcodes.USES_PAIR != 0) {
                if (pc & 7 == 7) return false;
                code.second = LittleEndian.load(code.second);
                machine.pc = pc + 2;
            } else {
                machine.pc = pc + 1;
            }
            uint256 fp = machine.fp;
            uint256 immediate = word >> 64;
            code.row = row;
            code.uses = uses;
            code.a = fp + ((word >> 16) & MASK16);
            code.b = fp + ((word >> 32) & MASK16);
            code.c = fp + ((word >> 48) & MASK16);
            code.immediate = immediate;
            if (uses & Opcodes.USES_A != 0 && code.a >= FRAME_SLOTS) return false;
            if (uses & Opcodes.USES_B != 0 && code.b >= FRAME_SLOTS) return false;
            if (uses & Opcodes.USES_C != 0 && code.c >= FRAME_SLOTS) return false;
            if (uses & Opcodes.USES_GLOBAL != 0) {
                if (immediate & MASK32 >= GLOBALS) return false;
                code.other = FRAME_SLOTS + (immediate & MASK32);
            } else if (uses & (Opcodes.USES_D | Opcodes.USES_LINK) != 0) {
                code.other = uses & Opcodes.USES_D != 0 ? fp + (immediate & MASK16) : code.a + code.c - fp;
                if (code.other >= FRAME_SLOTS) return false;
            }
            return true;
        }
    }

    /// @dev Opens the distinct leaves of the form's slots.
    function _openSlots(Reader memory reader, Instruction memory code)
        private
        pure
        returns (Opening memory slots)
    {
        unchecked {
            uint256 uses = code.uses;
            uint256 indices = _words(0, 4);
            uint256 count;
            if (uses & Opcodes.USES_A != 0) count = Slots.insert(indices, count, code.a >> 3);
            if (uses & Opcodes.USES_B != 0) count = Slots.insert(indices, count, code.b >> 3);
            if (uses & Opcodes.USES_C != 0) count = Slots.insert(indices, count, code.c >> 3);
            if (uses & (Opcodes.USES_D | Opcodes.USES_GLOBAL | Opcodes.USES_LINK) != 0) {
                count = Slots.insert(indices, count, code.other >> 3);
            }
            slots = reader.open(indices, count, SLOTS_DEPTH, SLOTS_BITMAP_BYTES);
        }
    }

    /// @dev Forms without memory: the effect on the machine, or true if the instruction traps.
    function _execute(Machine memory machine, Instruction memory code, Opening memory slots)
        private
        view
        returns (bool)
    {
        unchecked {
            uint256 form = code.row & Opcodes.FORM_MASK;
            uint256 lo = code.immediate & MASK32;
            if (
                form >= Opcodes.FORM_UNARY || form == Opcodes.FORM_CMP_BRANCH
                    || form == Opcodes.FORM_CMP_BRANCH_IMM
            ) {
                return _compute(machine, code, slots);
            }
            if (form <= Opcodes.FORM_BR_TABLE) {
                uint256 operand = slots.read(code.b) & MASK32;
                if (form == Opcodes.FORM_BR_TABLE) {
                    machine.pc = (machine.pc + (operand < lo ? operand : lo)) & MASK32;
                } else if ((operand != 0) == (form == Opcodes.FORM_BR_IF)) {
                    machine.pc = lo;
                }
            } else if (form <= Opcodes.FORM_CALL_INDIRECT) {
                if (form == Opcodes.FORM_CALL_INDIRECT) {
                    uint256 index = slots.read(code.b) & MASK32;
                    if (index >= code.immediate >> 32) return true;
                    lo = (lo + index) & MASK32;
                }
                slots.write(code.other, (machine.fp << 32) | machine.pc, MASK128);
                machine.pc = lo;
                machine.fp = code.a;
            } else if (form == Opcodes.FORM_RETURN) {
                uint256 link = slots.read(code.c);
                machine.pc = link & MASK32;
                machine.fp = (link >> 32) & MASK32;
            } else {
                _move(machine, code, slots, form);
            }
            return false;
        }
    }

    /// @dev Forms that only put a value into a slot.
    function _move(Machine memory machine, Instruction memory code, Opening memory slots, uint256 form)
        private
        pure
    {
        unchecked {
            if (form == Opcodes.FORM_COPY) {
                slots.write(code.a, slots.read(code.b), MASK128);
            } else if (form == Opcodes.FORM_CONST) {
                slots.write(code.a, code.immediate, MASK64);
            } else if (form == Opcodes.FORM_SELECT) {
                uint256 chosen = slots.read(code.other) & MASK32 != 0 ? code.b : code.c;
                slots.write(code.a, slots.read(chosen), MASK128);
            } else if (form == Opcodes.FORM_CONST128) {
                slots.write(code.a, code.second, MASK128);
            } else if (form == Opcodes.FORM_GLOBAL_GET) {
                slots.write(code.a, slots.read(code.other), MASK128);
            } else if (form == Opcodes.FORM_GLOBAL_SET) {
                slots.write(code.other, slots.read(code.b), MASK128);
            } else if (form == Opcodes.FORM_MEMORY_SIZE) {
                slots.write(code.a, machine.pages, MASK64);
            } else {
                // FORM_MEMORY_GROW, the last form there is.
                uint256 limit = code.immediate & MASK32;
                if (limit > MAX_PAGES) limit = MAX_PAGES;
                uint256 grown = machine.pages + (slots.read(code.b) & MASK32);
                slots.write(code.a, grown > limit ? MASK32 : machine.pages, MASK64);
                if (grown <= limit) machine.pages = grown;
            }
        }
    }

    /// @dev Forms that an arithmetic unit computes.
    function _compute(Machine memory machine, Instruction memory code, Opening memory slots)
        private
        view
        returns (bool)
    {
        unchecked {
            uint256 row = code.row;
            uint256 form = row & Opcodes.FORM_MASK;
            uint256 y;
            uint256 z;
            if (code.uses & Opcodes.USES_C != 0) y = slots.read(code.c);
            else if (form == Opcodes.FORM_BINARY_IMM) y = code.immediate;
            else if (form == Opcodes.FORM_CMP_BRANCH_IMM) y = code.immediate >> 32;
            if (form == Opcodes.FORM_TERNARY) z = slots.read(code.other);
            else if (form == Opcodes.FORM_SHUFFLE) z = code.second;
            else if (form >= Opcodes.FORM_EXTRACT_LANE) z = code.immediate & MASK32;
            uint256 unit = (row >> Opcodes.UNIT_SHIFT) & 3;
            (uint256 result, bool trapped) = _calculate(
                unit == Opcodes.UNIT_SCALAR
                    ? scalar
                    : unit == Opcodes.UNIT_VECTOR_INTEGER ? vectorInteger : vectorFloat,
                row >> Opcodes.BASE_SHIFT,
                slots.read(code.b),
                y,
                z
            );
            if (trapped) return true;
            if (form == Opcodes.FORM_CMP_BRANCH || form == Opcodes.FORM_CMP_BRANCH_IMM) {
                if (result != 0) machine.pc = code.immediate & MASK32;
            } else {
                _writeResult(slots, code.a, result, row);
            }
            return false;
        }
    }

    /// @dev `unit.execute`, without the checks that a compiled call would make of numbers that are slots and so have 128 bits.
    function _calculate(IAlu unit, uint256 opcode, uint256 x, uint256 y, uint256 z)
        private
        view
        returns (uint256 result, bool trapped)
    {
        uint256 selector = uint32(IAlu.execute.selector);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 32), opcode)
            mstore(add(free, 64), x)
            mstore(add(free, 96), y)
            mstore(add(free, 128), z)
            if iszero(staticcall(gas(), unit, add(free, 28), 132, free, 64)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            // An account without code succeeds in saying nothing.
            if lt(returndatasize(), 64) { revert(0, 0) }
            result := mload(free)
            trapped := mload(add(free, 32))
        }
    }

    /// @dev Forms that access memory. Opens its leaves into `leaves` unless the access traps.
    function _access(
        Machine memory machine,
        Reader memory reader,
        Instruction memory code,
        Opening memory slots,
        Opening memory leaves
    ) private pure returns (bool) {
        unchecked {
            uint256 row = code.row;
            uint256 width = (row >> Opcodes.WIDTH_SHIFT) & 31;
            uint256 offset;
            {
                uint256 address_ = (slots.read(code.b) & MASK32) + (code.immediate & MASK32);
                if (address_ + width > machine.pages * PAGE_BYTES) return true;
                uint256 first = address_ >> 7;
                uint256 count = ((address_ + width - 1) >> 7) - first + 1;
                uint256 indices = _words(first, 2);
                assembly ("memory-safe") {
                    mstore(add(indices, 32), add(first, 1))
                }
                reader.openInto(leaves, indices, count, MEMORY_DEPTH, MEMORY_BITMAP_BYTES);
                offset = leaves.data + (address_ & 127);
            }
            uint256 form = row & Opcodes.FORM_MASK;
            uint256 bits = width << 3;
            uint256 mask = (1 << bits) - 1;
            // Bits below the lane in its slot. A form without lanes accesses lane 0.
            uint256 shift;
            if (form == Opcodes.FORM_LOAD_LANE || form == Opcodes.FORM_STORE_LANE) {
                shift = ((code.immediate >> 32) % ((row >> Opcodes.LANES_SHIFT) & 31)) * bits;
            }
            if (form == Opcodes.FORM_STORE || form == Opcodes.FORM_STORE_LANE) {
                LittleEndian.store(offset, (slots.read(code.c) >> shift) & mask, mask);
                leaves.rehash(0);
                if (leaves.count == 2) leaves.rehash(1);
                return false;
            }
            uint256 value = LittleEndian.load(offset) & mask;
            if (form == Opcodes.FORM_LOAD_LANE) {
                value = (slots.read(code.a) & ~(mask << shift)) | (value << shift);
            } else {
                value = Extension.extend(row, value, bits);
            }
            _writeResult(slots, code.a, value, row);
            return false;
        }
    }

    /// @dev Writes a result by its row's class: a scalar zero-extended to 8 bytes, a vector whole.
    function _writeResult(Opening memory slots, uint256 slot, uint256 value, uint256 row) private pure {
        slots.write(slot, value, (row >> Opcodes.CLASS_SHIFT) & 3 == Opcodes.CLASS_V128 ? MASK128 : MASK64);
    }

    /// @dev Memory address of `count` new words, the first of which is `first`.
    function _words(uint256 first, uint256 count) private pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := mload(0x40)
            mstore(0x40, add(offset, shl(5, count)))
            mstore(offset, first)
        }
    }

    function _hashRunning(uint256 counter, uint256 fp, uint256 pages, bytes32 slots, bytes32 memory_)
        private
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            // Tag, pc (`counter`), fp and pages are the 13 bytes before the roots.
            let free := mload(0x40)
            mstore(free, or(shl(96, STATE_RUNNING), or(shl(64, counter), or(shl(32, fp), pages))))
            mstore(add(free, 32), slots)
            mstore(add(free, 64), memory_)
            hash := keccak256(add(free, 19), 77)
        }
    }

    function _hashHalted(bytes32 region) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, STATE_HALTED)
            mstore(32, region)
            hash := keccak256(31, 33)
        }
    }
}
