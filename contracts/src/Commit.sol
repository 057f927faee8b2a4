// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Claim, Game, Image, Registration, Request, Terms} from "./Types.sol";
import {ZERO_35} from "./arbiter/Zero.sol";
import {Zero} from "./arbiter/Zero.sol";

/// @title Every commitment of docs/protocol.md
/// @dev chain/commit.ts and models/commit.ts compute the same; contracts/test/Commit.t.sol holds them against each other. Ids bind
/// chain and contract, so nothing means anything elsewhere.
library Commit {
    uint8 internal constant RUNNING = 0x11;
    uint8 internal constant DONE = 0x12;
    uint8 internal constant FAILED = 0x13;

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(32, right)
            hash := keccak256(0, 64)
        }
    }

    function graphRunning(uint256 g, bytes32 slotsRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(RUNNING, uint64(g), slotsRoot));
    }

    function graphDone(bytes32 outputsRoot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(DONE, outputsRoot));
    }

    function graphFailed() internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(FAILED));
    }

    function image(Image calldata parts) internal pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x21), parts.codeRoot, parts.dataRoot, parts.wasmHash, parts.loweringVersion
            )
        );
    }

    function model(Registration calldata r) internal pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x22),
                r.length,
                r.maxIterations,
                r.programRoot,
                r.initialSlotsRoot,
                r.slotTableRoot,
                image(r.image),
                r.machineVersion
            )
        );
    }

    /// @dev Slots root of a model whose inputs group is empty.
    function initialSlots(bytes32 outputsRoot, bytes32 rest) internal pure returns (bytes32) {
        return node(node(ZERO_35, outputsRoot), rest);
    }

    /// @param registry The contract that holds the offer.
    function offer(address registry, bytes32 model_, Terms calldata terms) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x27),
                block.chainid,
                registry,
                model_,
                terms.submitter,
                terms.token,
                terms.fee,
                terms.window,
                terms.clock,
                terms.increment,
                terms.descentIncrement,
                terms.commitDelay,
                terms.claimBond,
                terms.challengeBond,
                terms.repayment
            )
        );
    }

    /// @param pinpoint The contract that claims about it are made to.
    function request(address pinpoint, Request memory r) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x23),
                block.chainid,
                pinpoint,
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

    /// @dev A claim's leaf for a request that isn't held by a contract.
    function leaf(bytes32 request_, bytes32 end) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0x28), request_, end));
    }

    function claim(address pinpoint, Claim memory c) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x24), block.chainid, pinpoint, c.offer, c.submitter, c.source, c.first, c.count, c.root
            )
        );
    }

    function gameId(bytes32 claim_, address challenger, uint32 number) internal view returns (bytes32) {
        return
            keccak256(abi.encodePacked(uint8(0x25), block.chainid, address(this), claim_, challenger, number));
    }

    /// @dev The tag's word, then the fields' words. Memory holds a struct's fields as calldata does, each in a word, and the
    /// compiler has checked their ranges.
    function gameState(Game memory game) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 0x26)
            mcopy(add(at, 32), game, 384)
            hash := keccak256(at, 416)
        }
    }

    /// @dev The part of a game's state that an answer depends on and changes: all but whose game it is. T is of it: where a run of
    /// few iterations finishes, one of more still calls an operator.
    function position(Game memory game) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // claimId, then iterations, level, turn, lo, hi, loHash, hiHash, dissection, code.
            let at := mload(0x40)
            mstore(at, 0x2a)
            mstore(add(at, 32), mload(game))
            mcopy(add(at, 64), add(game, 96), 288)
            hash := keccak256(at, 352)
        }
    }

    /// @param wanted Kind 0: the request hash whose preimage is asked for; kind 1: the root of its inputs.
    function demand(bytes32 claim_, uint8 kind, uint32 index, bytes32 wanted, uint32 node_)
        internal
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(uint8(0x29), block.chainid, address(this), claim_, kind, index, wanted, node_)
        );
    }

    /// @dev Levels of the tree over a claim's leaves: ceil(log2(count)).
    function batchDepth(uint256 count) internal pure returns (uint256 depth) {
        while ((uint256(1) << depth) < count) depth++;
    }

    /// @dev Root of a claim's tree; `nodes` are its leaves and are overwritten.
    function batchRoot(bytes32[] memory nodes) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            let count := mload(nodes)
            nodes := add(nodes, 32)
            // Level by level in place; an odd level's last node has the subtree of missing leaves beside it.
            let zero := 0
            for {} gt(count, 1) {} {
                let half := shr(1, count)
                let pairs := add(nodes, shl(6, half))
                let to := nodes
                for { let from := nodes } lt(from, pairs) { from := add(from, 64) } {
                    mstore(to, keccak256(from, 64))
                    to := add(to, 32)
                }
                if and(count, 1) {
                    mstore(0, mload(pairs))
                    mstore(32, zero)
                    mstore(to, keccak256(0, 64))
                    half := add(half, 1)
                }
                mstore(0, zero)
                mstore(32, zero)
                zero := keccak256(0, 64)
                count := half
            }
            root := mload(nodes)
        }
    }

    /// @dev Root of the tree of this depth in which `node_` has this index.
    function pathRoot(bytes32 node_, uint256 index, bytes32[] calldata siblings) internal pure returns (bytes32) {
        for (uint256 level = 0; level < siblings.length; level++) {
            node_ = index & 1 == 0 ? node(node_, siblings[level]) : node(siblings[level], node_);
            index >>= 1;
        }
        return node_;
    }

    /// @dev Root of an inputs group whose slot 0 is the tensor of this root and whose other slots are empty.
    function inputsRoot(bytes32 tensor) internal pure returns (bytes32 root) {
        uint256 zeros = Zero.table();
        root = tensor;
        for (uint256 height = 21; height < 35; height++) {
            bytes32 zero;
            assembly ("memory-safe") {
                zero := mload(add(zeros, shl(5, height)))
            }
            root = node(root, zero);
        }
    }

    /// @dev Levels of the tree over a dissection's hashes: ceil(log2(k)).
    function dissectionDepth(uint256 k) internal pure returns (uint256 depth) {
        while ((uint256(1) << depth) < k) depth++;
    }

    /// @dev Root over the inner hashes, then the segment's end; leaves that are missing are 0.
    function dissection(bytes32[] calldata hashes, bytes32 end, uint256 depth)
        internal
        pure
        returns (bytes32 root)
    {
        uint256 count = uint256(1) << depth;
        assembly ("memory-safe") {
            // The leaves, then each level over the one below it.
            let nodes := mload(0x40)
            let length := shl(5, hashes.length)
            calldatacopy(nodes, hashes.offset, length)
            mstore(add(nodes, length), end)
            let given := add(length, 32)
            calldatacopy(add(nodes, given), calldatasize(), sub(shl(5, count), given))
            for {} gt(count, 1) {} {
                count := shr(1, count)
                for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                    mstore(add(nodes, shl(5, i)), keccak256(add(nodes, shl(6, i)), 64))
                }
            }
            root := mload(nodes)
        }
    }

    /// @dev Siblings that the ends of a part need: the one leaf of part 0, or two neighbours.
    function siblingCount(uint256 part, uint256 depth) internal pure returns (uint256 count) {
        if (part == 0) return depth;
        uint256 low = part - 1;
        uint256 high = part;
        for (uint256 level = 0; level < depth; level++) {
            if (low == high) count += 1;
            else if (low >> 1 != high >> 1) count += 2;
            low >>= 1;
            high >>= 1;
        }
    }

    /// @dev Root that the ends of a part and their siblings give; `siblings` has `siblingCount` of them.
    function partRoot(
        uint256 part,
        bytes32 loHash,
        bytes32 hiHash,
        bytes32[] calldata siblings,
        uint256 depth
    ) internal pure returns (bytes32) {
        uint256 high = part;
        uint256 low = part == 0 ? part : part - 1;
        bytes32 left = loHash;
        bytes32 right = hiHash;
        uint256 next;
        for (uint256 level = 0; level < depth; level++) {
            if (low == high) {
                bytes32 sibling = siblings[next++];
                right = high & 1 == 0 ? node(right, sibling) : node(sibling, right);
            } else if (low >> 1 == high >> 1) {
                right = node(left, right);
            } else {
                left = node(siblings[next++], left);
                right = node(right, siblings[next++]);
            }
            low >>= 1;
            high >>= 1;
        }
        return right;
    }
}
