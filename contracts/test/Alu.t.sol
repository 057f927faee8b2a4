// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAlu} from "../src/arbiter/IAlu.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Test} from "./utils/Test.sol";

/// @dev The arithmetic units against a WebAssembly engine. contracts/test/tools/alu-vectors.ts writes the
/// vectors and gives their layout; scripts/test-contracts.ts runs it first.
contract AluTest is Test {
    uint256 private constant VECTOR_BYTES = 67;
    uint256 private constant FIRST_VECTOR_OPCODE = 0x200;
    /// @dev Above every opcode of the table.
    uint256 private constant OPCODES = 0x800;
    /// @dev The limit of EIP-170.
    uint256 private constant MAX_CODE = 24576;
    /// @dev Bounds for one call of a unit, the call itself included.
    uint256 private constant MAX_SCALAR_GAS = 30_000;
    uint256 private constant MAX_VECTOR_GAS = 60_000;

    ScalarAlu private scalar;
    VectorAlu private vector;

    error Mismatch(
        uint256 opcode,
        uint256 x,
        uint256 y,
        uint256 z,
        uint256 actual,
        bool trapped,
        uint256 expected,
        bool traps
    );

    struct Case {
        uint256 opcode;
        uint128 x;
        uint128 y;
        uint128 z;
        uint128 result;
        bool traps;
    }

    function setUp() public {
        scalar = new ScalarAlu();
        vector = new VectorAlu();
    }

    function testEveryOpcodeAgreesWithTheEngine() public view {
        assertGt(_run("build/vectors/alu.bin"), 15_000);
    }

    function testDenseAddAndSub() public view {
        assertGt(_run("build/vectors/alu-add.bin"), 4_000);
    }

    function testDenseMul() public view {
        assertGt(_run("build/vectors/alu-mul.bin"), 4_000);
    }

    function testDenseDiv() public view {
        assertGt(_run("build/vectors/alu-div.bin"), 4_000);
    }

    function testDenseSqrt() public view {
        assertGt(_run("build/vectors/alu-sqrt.bin"), 4_000);
    }

    function testDenseRounding() public view {
        assertGt(_run("build/vectors/alu-round.bin"), 4_000);
    }

    function testDenseConversions() public view {
        assertGt(_run("build/vectors/alu-convert.bin"), 4_000);
    }

    function testAnyOtherOpcodeReverts() public {
        bool[] memory known = _knownOpcodes();
        for (uint256 opcode = 0; opcode < OPCODES; ++opcode) {
            if (!(known[opcode] && opcode < FIRST_VECTOR_OPCODE)) _expectUnknown(scalar, opcode);
            if (!(known[opcode] && opcode >= FIRST_VECTOR_OPCODE)) _expectUnknown(vector, opcode);
        }
        _expectUnknown(scalar, type(uint256).max);
        _expectUnknown(vector, type(uint256).max);
        _expectUnknown(vector, (1 << 255) + FIRST_VECTOR_OPCODE + 0x6e);
    }

    function testUnitsCanBeDeployed() public {
        emit log_named_uint("ScalarAlu, bytes", address(scalar).code.length);
        emit log_named_uint("VectorAlu, bytes", address(vector).code.length);
        assertLt(address(scalar).code.length, MAX_CODE);
        assertLt(address(vector).code.length, MAX_CODE);
    }

    function testGasStaysBelowTheBounds() public {
        uint256[] memory most = new uint256[](OPCODES);
        bytes memory all = vm.readFileBinary("build/vectors/alu.bin");
        uint256 free = _freeMemory();
        // The first call of a contract in a transaction costs 2,500 more, and the first use of memory costs too,
        // whichever instruction it is. The file begins with a scalar and ends with a vector instruction.
        _check(_read(all, 0));
        _check(_read(all, all.length - VECTOR_BYTES));
        _release(free);
        for (uint256 offset = 0; offset < all.length; offset += VECTOR_BYTES) {
            Case memory c = _read(all, offset);
            IAlu unit = _unit(c.opcode);
            uint256 before = gasleft();
            unit.execute(c.opcode, c.x, c.y, c.z);
            uint256 used = before - gasleft();
            if (used > most[c.opcode]) most[c.opcode] = used;
            _release(free);
        }
        _report("scalar integers: compare", most, 0x45, 0x5a, MAX_SCALAR_GAS);
        _report("scalar floats: compare", most, 0x5b, 0x66, MAX_SCALAR_GAS);
        _report("scalar integers: arithmetic", most, 0x67, 0x8a, MAX_SCALAR_GAS);
        _report("f32: abs to nearest", most, 0x8b, 0x90, MAX_SCALAR_GAS);
        _report("f32: sqrt", most, 0x91, 0x91, MAX_SCALAR_GAS);
        _report("f32: add, sub", most, 0x92, 0x93, MAX_SCALAR_GAS);
        _report("f32: mul", most, 0x94, 0x94, MAX_SCALAR_GAS);
        _report("f32: div", most, 0x95, 0x95, MAX_SCALAR_GAS);
        _report("f64: abs to nearest", most, 0x99, 0x9e, MAX_SCALAR_GAS);
        _report("f64: sqrt", most, 0x9f, 0x9f, MAX_SCALAR_GAS);
        _report("f64: add, sub", most, 0xa0, 0xa1, MAX_SCALAR_GAS);
        _report("f64: mul", most, 0xa2, 0xa2, MAX_SCALAR_GAS);
        _report("f64: div", most, 0xa3, 0xa3, MAX_SCALAR_GAS);
        _report("conversions", most, 0xa7, 0xd7, MAX_SCALAR_GAS);
        _report("all scalars", most, 0, 0x1ff, MAX_SCALAR_GAS);
        _report("v128: shuffle, swizzle, splat, lanes", most, 0x20d, 0x222, MAX_VECTOR_GAS);
        _report("v128: compare integers", most, 0x223, 0x240, MAX_VECTOR_GAS);
        _report("v128: compare floats", most, 0x241, 0x24c, MAX_VECTOR_GAS);
        _report("v128: i8x16 and rounding", most, 0x260, 0x27f, MAX_VECTOR_GAS);
        _report("v128: i16x8", most, 0x280, 0x29f, MAX_VECTOR_GAS);
        _report("v128: i32x4, i64x2", most, 0x2a0, 0x2df, MAX_VECTOR_GAS);
        _report("f32x4: sqrt", most, 0x2e3, 0x2e3, MAX_VECTOR_GAS);
        _report("f32x4: add to pmax", most, 0x2e4, 0x2eb, MAX_VECTOR_GAS);
        _report("f64x2: sqrt", most, 0x2ef, 0x2ef, MAX_VECTOR_GAS);
        _report("f64x2: add to pmax", most, 0x2f0, 0x2f7, MAX_VECTOR_GAS);
        _report("v128: conversions", most, 0x2f8, 0x2ff, MAX_VECTOR_GAS);
        _report("all vectors", most, 0x200, OPCODES - 1, MAX_VECTOR_GAS);
    }

    /// @dev Runs all vectors of a file and returns their number.
    function _run(string memory path) private view returns (uint256 count) {
        bytes memory all = vm.readFileBinary(path);
        assertEq(all.length % VECTOR_BYTES, 0, "the file doesn't consist of vectors");
        uint256 free = _freeMemory();
        for (uint256 offset = 0; offset < all.length; offset += VECTOR_BYTES) {
            _check(_read(all, offset));
            _release(free);
        }
        return all.length / VECTOR_BYTES;
    }

    function _check(Case memory c) private view {
        (uint128 actual, bool trapped) = _unit(c.opcode).execute(c.opcode, c.x, c.y, c.z);
        if (trapped != c.traps || (!trapped && actual != c.result)) {
            revert Mismatch(c.opcode, c.x, c.y, c.z, actual, trapped, c.result, c.traps);
        }
    }

    function _unit(uint256 opcode) private view returns (IAlu) {
        return opcode < FIRST_VECTOR_OPCODE ? IAlu(scalar) : IAlu(vector);
    }

    function _read(bytes memory all, uint256 offset) private pure returns (Case memory c) {
        uint256 operands;
        uint256 rest;
        uint256 tail;
        assembly ("memory-safe") {
            let start := add(add(all, 32), offset)
            operands := mload(start)
            rest := mload(add(start, 32))
            // The last three bytes end the word that begins 29 bytes before them.
            tail := and(mload(add(start, 35)), 0xffffff)
        }
        c.x = uint128(operands >> 128);
        c.y = uint128(operands);
        c.z = uint128(rest >> 128);
        c.result = uint128(rest);
        c.opcode = tail >> 8;
        c.traps = tail & 0xff == 1;
    }

    function _freeMemory() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
        }
    }

    /// @dev Lets the next round use this one's memory again; without it, growing memory would drown what is
    /// measured.
    function _release(uint256 pointer) private pure {
        assembly ("memory-safe") {
            mstore(0x40, pointer)
        }
    }

    function _knownOpcodes() private view returns (bool[] memory known) {
        known = new bool[](OPCODES);
        bytes memory all = vm.readFileBinary("build/vectors/alu.bin");
        uint256 free = _freeMemory();
        for (uint256 offset = 0; offset < all.length; offset += VECTOR_BYTES) {
            known[_read(all, offset).opcode] = true;
            _release(free);
        }
    }

    function _expectUnknown(IAlu unit, uint256 opcode) private {
        vm.expectRevert(abi.encodeWithSelector(IAlu.UnknownOperation.selector, opcode));
        unit.execute(opcode, 1, 1, 1);
    }

    function _report(string memory name, uint256[] memory most, uint256 first, uint256 last, uint256 limit)
        private
    {
        uint256 max;
        for (uint256 opcode = first; opcode <= last; ++opcode) {
            if (most[opcode] > max) max = most[opcode];
        }
        emit log_named_uint(name, max);
        assertGt(max, 0);
        assertLt(max, limit, name);
    }
}
