// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAlu} from "../src/arbiter/IAlu.sol";
import {ScalarAlu} from "../src/arbiter/ScalarAlu.sol";
import {VectorAlu} from "../src/arbiter/VectorAlu.sol";
import {Test} from "./utils/Test.sol";

/// @dev The units' sets of instructions from the WebAssembly specification: what lies between them isn't computed.
contract UnknownOperationsTest is Test {
    IAlu private scalar;
    IAlu private vector;

    function setUp() public {
        scalar = new ScalarAlu();
        vector = new VectorAlu();
    }

    function testTheScalarUnitRefusesWhatIsNoScalarNumeric() public {
        _refuses(scalar, 0, 0x45);
        // Reinterpretations are copies.
        _refuses(scalar, 0xbc, 0xc0);
        _refuses(scalar, 0xc5, 0xd0);
        _refuses(scalar, 0xd8, 0x220);
    }

    function testTheVectorUnitRefusesWhatIsNoVectorNumeric() public {
        // Loads, stores and constants, and no instruction before them.
        _refuses(vector, 0x1c0, 0x20d);
        _refuses(vector, 0x254, 0x25e);
        _refuses(vector, 0x300, 0x340);
        uint8[17] memory holes = [
            0x9a,
            0xa2,
            0xa5,
            0xa6,
            0xaf,
            0xb0,
            0xb2,
            0xb3,
            0xb4,
            0xbb,
            0xc2,
            0xc5,
            0xc6,
            0xcf,
            0xd0,
            0xe2,
            0xee
        ];
        for (uint256 i = 0; i < holes.length; i++) {
            _refuses(vector, 0x200 + uint256(holes[i]), 0x201 + uint256(holes[i]));
        }
    }

    /// @dev The opcodes from `first` on that are below `end`.
    function _refuses(IAlu unit, uint256 first, uint256 end) private {
        for (uint256 opcode = first; opcode < end; opcode++) {
            vm.expectRevert(abi.encodeWithSelector(IAlu.UnknownOperation.selector, opcode));
            unit.execute(opcode, 1, 1, 1);
        }
    }
}
