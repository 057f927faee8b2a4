// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Multiproof} from "../src/arbiter/Multiproof.sol";
import {Zero} from "../src/arbiter/Zero.sol";
import {SparseState} from "./utils/SparseState.sol";
import {Test} from "./utils/Test.sol";

/// @dev Proofs at the ends of what they may be: the highest trees, the longest bitmaps, the last bytes.
contract ProofsTest is Test, SparseState {
    uint256 private constant DEPTH = 3;
    bytes32 private constant LEAF = keccak256("leaf");
    bytes32 private constant OTHER = keccak256("other");

    function root(
        uint256[] memory nodes,
        uint256 height,
        uint256 depth,
        uint256 bitmapBytes,
        bytes calldata proof
    ) external pure returns (bytes32 result, uint256 used) {
        return Multiproof.root(nodes, height, depth, bitmapBytes, proof);
    }

    /// @dev `read`: bytes of the siblings.
    function foldTwo(uint256[] memory nodes, uint256 bitmap, bytes calldata siblings)
        external
        pure
        returns (bytes32 before, bytes32 after_, uint256 rest, uint256 read)
    {
        uint256 place;
        uint256 start;
        assembly ("memory-safe") {
            place := add(nodes, 32)
            start := siblings.offset
        }
        uint256 end;
        (before, after_, rest, end) =
            Multiproof.foldTwo(place, nodes.length / 3, DEPTH, bitmap, start, Zero.table());
        read = end - start;
    }

    function testTheHighestTreesAreFolded() public view {
        for (uint256 height = 0; height <= 45; height += 9) {
            uint256 depth = 46 - height;
            uint256 index = 0x2aaa_aaaa_aaaa & ((1 << depth) - 1);
            (bytes32 result, uint256 used) = this.root(_node(index), height, depth, 6, new bytes(6));
            assertEq(result, _climb(LEAF, index, height, depth));
            assertEq(used, 6);
        }
    }

    function testNoTreeIsHigherThanTheZeroSubtrees() public {
        for (uint256 height = 0; height <= 45; height += 9) {
            _expectInvalid(0, height, 47 - height, 6);
        }
        _expectInvalid(0, 46, 1, 6);
    }

    function testABitmapHasUpToThirtyTwoBytes() public {
        bytes32 sibling = keccak256("sibling");
        bytes32 expected = keccak256(abi.encodePacked(LEAF, sibling));
        for (uint256 length = 1; length <= 32; length++) {
            bytes memory proof = abi.encodePacked(new bytes(length - 1), uint8(1), sibling);
            (bytes32 result, uint256 used) = this.root(_node(0), 0, 1, length, proof);
            assertEq(result, expected);
            assertEq(used, length + 32);
        }
        _expectInvalid(0, 0, DEPTH, 33);
        _expectInvalid(0, 0, DEPTH, 34);
    }

    function testEveryIndexIsBelowTheTreesWidth() public {
        for (uint256 depth = 0; depth <= 20; depth += 5) {
            _expectInvalid(1 << depth, 0, depth, 6);
            (bytes32 result,) = this.root(_node((1 << depth) - 1), 0, depth, 6, new bytes(6));
            assertEq(result, _climb(LEAF, (1 << depth) - 1, 0, depth));
        }
    }

    function testWhatFollowsAProofIsNoPartOfIt() public view {
        bytes memory call = abi.encodeCall(this.root, (_node(0), 0, DEPTH, 1, ""));
        bytes memory more = new bytes(320);
        for (uint256 first = 0; first < 256; first += 5) {
            more[0] = bytes1(uint8(first));
            (bool done, bytes memory answer) = address(this).staticcall(abi.encodePacked(call, more));
            assertFalse(done);
            assertEq(answer, abi.encodeWithSelector(Multiproof.ProofTooShort.selector, 1, 0));
        }
    }

    /// @dev Every pattern of siblings beside one node: both hashes fold as they would by themselves.
    function testTwoHashesFoldBesideTheSameSiblings() public view {
        bytes32 second = keccak256("second");
        for (uint256 index = 0; index < 1 << DEPTH; index++) {
            for (uint256 bitmap = 0; bitmap < 1 << DEPTH; bitmap++) {
                bytes memory siblings;
                for (uint256 level = 0; level < DEPTH; level++) {
                    if ((bitmap >> level) & 1 == 1) {
                        siblings = abi.encodePacked(siblings, keccak256(siblings));
                    }
                }
                uint256[] memory nodes = new uint256[](3);
                (nodes[0], nodes[1], nodes[2]) = (index, uint256(LEAF), uint256(second));
                (bytes32 before, bytes32 after_, uint256 rest, uint256 read) =
                    this.foldTwo(nodes, bitmap, abi.encodePacked(siblings, OTHER));
                bytes memory proof = abi.encodePacked(uint8(bitmap), siblings);
                (bytes32 result,) = this.root(_node(index), 0, DEPTH, 1, proof);
                assertEq(before, result);
                uint256[] memory node = _node(index);
                node[1] = uint256(second);
                (result,) = this.root(node, 0, DEPTH, 1, proof);
                assertEq(after_, result);
                assertEq(rest, 0);
                assertEq(read, siblings.length);
            }
        }
    }

    function _node(uint256 index) private pure returns (uint256[] memory nodes) {
        nodes = new uint256[](2);
        (nodes[0], nodes[1]) = (index, uint256(LEAF));
    }

    function _expectInvalid(uint256 index, uint256 height, uint256 depth, uint256 bitmapBytes) private {
        vm.expectRevert(Multiproof.InvalidNodes.selector);
        this.root(_node(index), height, depth, bitmapBytes, new bytes(64));
    }
}
