// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Multiproof} from "../src/arbiter/Multiproof.sol";
import {ContentTooLong, tensorRoot} from "../src/arbiter/TensorRoot.sol";
import {Zero, ZERO_0, ZERO_21, ZERO_45} from "../src/arbiter/Zero.sol";
import {Test} from "./utils/Test.sol";

/// @dev Proofs against whole trees built level by level.
contract MultiproofTest is Test {
    uint256 private constant DEPTH = 3;
    uint256 private constant WIDTH = 8;

    function root(
        uint256[] memory nodes,
        uint256 height,
        uint256 depth,
        uint256 bitmapBytes,
        bytes calldata proof
    ) external pure returns (bytes32 result, uint256 used) {
        return Multiproof.root(nodes, height, depth, bitmapBytes, proof);
    }

    function rootOfTensor(bytes calldata content) external pure returns (bytes32) {
        return tensorRoot(content);
    }

    function testZeroSubtrees() public pure {
        assertEq(ZERO_0, keccak256(new bytes(128)));
        uint256 table = Zero.table();
        bytes32 expected = ZERO_0;
        for (uint256 height = 0; height <= Zero.MAX_HEIGHT; height++) {
            bytes32 found;
            assembly ("memory-safe") {
                found := mload(add(table, mul(32, height)))
            }
            assertEq(found, expected);
            if (height == Zero.MAX_HEIGHT) assertEq(ZERO_45, expected);
            expected = keccak256(abi.encodePacked(expected, expected));
        }
    }

    /// @dev Every set of leaves, in trees with every pattern of zero leaves a seed gives.
    function testFuzzEverySetOfLeaves(uint256 seed) public view {
        uint256 height = seed % 2 == 0 ? 0 : 21;
        bytes32[][] memory levels = _tree(seed, height);
        for (uint256 set = 1; set < 1 << WIDTH; set++) {
            (bytes memory proof, uint256[] memory nodes) = _prove(levels, set, height);
            (bytes32 result, uint256 used) =
                this.root(nodes, height, DEPTH, 1, abi.encodePacked(proof, hex"ff"));
            assertEq(result, levels[DEPTH][0]);
            assertEq(used, proof.length);
        }
    }

    function testNewLeavesFoldWithTheSameSiblings() public view {
        bytes32[][] memory levels = _tree(77, 0);
        (bytes memory proof, uint256[] memory nodes) = _prove(levels, 0x22, 0);
        nodes[3] = uint256(keccak256("new leaf 5"));
        (bytes32 result,) = this.root(nodes, 0, DEPTH, 1, proof);
        levels[0][5] = keccak256("new leaf 5");
        _fill(levels);
        assertEq(result, levels[DEPTH][0]);
    }

    function testABitThatNobodyAsksForReverts() public {
        (bytes memory proof, uint256[] memory nodes) = _prove(_tree(0, 0), 1, 0);
        proof[0] |= 0x08;
        vm.expectRevert(abi.encodeWithSelector(Multiproof.BitmapNotEmpty.selector, 1));
        this.root(nodes, 0, DEPTH, 1, proof);
    }

    function testAMissingSiblingReverts() public {
        uint256[] memory nodes = new uint256[](2);
        vm.expectRevert(abi.encodeWithSelector(Multiproof.ProofTooShort.selector, 33, 32));
        this.root(nodes, 0, DEPTH, 1, abi.encodePacked(uint8(1), new bytes(31)));
        vm.expectRevert(abi.encodeWithSelector(Multiproof.ProofTooShort.selector, 1, 0));
        this.root(nodes, 0, DEPTH, 1, "");
    }

    function testInvalidNodesRevert() public {
        uint256[] memory nodes = new uint256[](4);
        _expectInvalid(nodes, DEPTH);
        nodes[0] = 2;
        nodes[2] = 1;
        _expectInvalid(nodes, DEPTH);
        nodes[2] = 8;
        _expectInvalid(nodes, DEPTH);
        _expectInvalid(new uint256[](0), DEPTH);
        _expectInvalid(new uint256[](3), DEPTH);
        _expectInvalid(new uint256[](2), 47);
    }

    function testTensorRoots() public view {
        uint256[13] memory lengths =
            [uint256(0), 1, 31, 127, 128, 129, 255, 256, 257, 784, 3136, 16383, 16384];
        for (uint256 i = 0; i < lengths.length; i++) {
            bytes memory content = new bytes(lengths[i]);
            for (uint256 k = 0; k < content.length; k++) {
                content[k] = bytes1(uint8(k * 31 + i * 7 + 1));
            }
            assertEq(this.rootOfTensor(content), _rootOf(content));
        }
    }

    function testATensorOfZerosIsTheZeroSubtree() public view {
        assertEq(this.rootOfTensor(new bytes(1000)), ZERO_21);
    }

    function testALongTensorReverts() public {
        vm.expectRevert(abi.encodeWithSelector(ContentTooLong.selector, 16385, 16384));
        this.rootOfTensor(new bytes(16385));
    }

    function _expectInvalid(uint256[] memory nodes, uint256 depth) private {
        vm.expectRevert(Multiproof.InvalidNodes.selector);
        this.root(nodes, 0, depth, 1, hex"00");
    }

    /// @dev A tree whose leaves are made up or, where the seed has a bit, zero subtrees of `height`.
    function _tree(uint256 seed, uint256 height) private pure returns (bytes32[][] memory levels) {
        levels = new bytes32[][](DEPTH + 1);
        for (uint256 level = 0; level <= DEPTH; level++) {
            levels[level] = new bytes32[](WIDTH >> level);
        }
        for (uint256 i = 0; i < WIDTH; i++) {
            levels[0][i] = (seed >> (i + 1)) & 1 == 1 ? _zero(height) : keccak256(abi.encode(seed, i));
        }
        _fill(levels);
    }

    function _fill(bytes32[][] memory levels) private pure {
        for (uint256 level = 1; level <= DEPTH; level++) {
            for (uint256 i = 0; i < WIDTH >> level; i++) {
                levels[level][i] =
                    keccak256(abi.encodePacked(levels[level - 1][2 * i], levels[level - 1][2 * i + 1]));
            }
        }
    }

    function _prove(bytes32[][] memory levels, uint256 set, uint256 height)
        private
        pure
        returns (bytes memory proof, uint256[] memory nodes)
    {
        bytes memory siblings;
        uint256 bitmap;
        uint256 asked;
        for (uint256 i = 0; i < WIDTH; i++) {
            if ((set >> i) & 1 == 1) nodes = _append(nodes, i, uint256(levels[0][i]));
        }
        for (uint256 level = 0; level < DEPTH; level++) {
            uint256 above;
            for (uint256 i = 0; i < WIDTH >> level; i++) {
                if ((set >> i) & 1 == 0) continue;
                above |= 1 << (i / 2);
                if ((set >> (i ^ 1)) & 1 == 1) continue;
                bytes32 sibling = levels[level][i ^ 1];
                if (sibling != _zero(height + level)) {
                    bitmap |= 1 << asked;
                    siblings = abi.encodePacked(siblings, sibling);
                }
                asked++;
            }
            set = above;
        }
        proof = abi.encodePacked(uint8(bitmap), siblings);
    }

    function _append(uint256[] memory list, uint256 x, uint256 y)
        private
        pure
        returns (uint256[] memory longer)
    {
        longer = new uint256[](list.length + 2);
        for (uint256 i = 0; i < list.length; i++) {
            longer[i] = list[i];
        }
        longer[list.length] = x;
        longer[list.length + 1] = y;
    }

    function _zero(uint256 height) private pure returns (bytes32 zero) {
        zero = keccak256(new bytes(128));
        for (uint256 i = 0; i < height; i++) {
            zero = keccak256(abi.encodePacked(zero, zero));
        }
    }

    /// @dev The root of a tensor, leaf by leaf.
    function _rootOf(bytes memory content) private pure returns (bytes32) {
        bytes32[] memory level = new bytes32[]((content.length + 127) / 128);
        if (level.length == 0) return _zero(21);
        for (uint256 i = 0; i < level.length; i++) {
            bytes memory leaf = new bytes(128);
            for (uint256 k = 0; k < 128 && 128 * i + k < content.length; k++) {
                leaf[k] = content[128 * i + k];
            }
            level[i] = keccak256(leaf);
        }
        for (uint256 height = 0; height < 21; height++) {
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; i++) {
                bytes32 right = 2 * i + 1 < level.length ? level[2 * i + 1] : _zero(height);
                above[i] = keccak256(abi.encodePacked(level[2 * i], right));
            }
            level = above;
        }
        return level[0];
    }
}
