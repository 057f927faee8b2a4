// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../../src/IDemands.sol";
import {DemandStatus} from "../../src/Types.sol";
import {Batches} from "./Batches.sol";

/// @dev Demands for data that a claim is about, and their answers.
abstract contract DemandPlay is Batches {
    uint8 internal constant REQUEST = 0;
    uint8 internal constant INPUT_PART = 1;
    uint256 internal constant CONTENT = 16384;
    uint256 internal constant HALF = CLAIM_BOND / 2;
    /// @dev The first node of input slot 1, and the last node of all.
    uint32 internal constant SLOT_1 = 1 << 14;
    uint32 internal constant LAST = (1 << 28) - 1;
    uint256 internal constant DEMANDED_UNTIL = START + WINDOW / 2;
    uint256 internal constant ANSWER = WINDOW / 4;

    /// @dev The inputs group over 16 KiB each.
    Tree internal inputs;
    mapping(uint32 node => bytes) internal contents;

    function setUp() public virtual override {
        super.setUp();
        inputs.depth = 28;
        inputs.base = 7;
    }

    // A claim whose request has inputs that are known here.

    function _content(uint256 length, uint256 seed) internal pure returns (bytes memory content) {
        content = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            content[i] = bytes1(uint8(uint256(keccak256(abi.encode(seed, i / 32))) >> (8 * (i % 32))));
        }
        // No zero at the end, which could be left out.
        content[length - 1] = 0x01;
    }

    function _put(uint32 node, bytes memory content) internal {
        contents[node] = content;
        bytes32[] memory leaves = new bytes32[](128);
        for (uint256 i = 0; i < 128; i++) {
            bytes memory part = new bytes(128);
            for (uint256 j = 0; j < 128 && 128 * i + j < content.length; j++) {
                part[j] = content[128 * i + j];
            }
            leaves[i] = keccak256(part);
        }
        _set(inputs, node, _root(leaves));
    }

    function _pathOf(uint32 node) internal returns (bytes32[] memory siblings) {
        siblings = new bytes32[](28);
        for (uint256 height = 0; height < 28; height++) {
            siblings[height] = _at(inputs, height, (node >> height) ^ 1);
        }
    }

    function _claimWithInputs() internal returns (bytes32) {
        request.inputsRoot = _rootOf(inputs);
        return _claim(keccak256("end"));
    }

    function _demandId(uint8 kind, uint32 index, bytes32 wanted, uint32 node)
        internal
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(
                uint8(0x29), block.chainid, address(demands), _claimId(claimed), kind, index, wanted, node
            )
        );
    }

    function _demandRequest(address demander) internal returns (bytes32 id) {
        bytes32 hash = _requestHash(request);
        vm.prank(demander);
        id = demands.demandRequest{value: CHALLENGE_BOND}(claimed, hash, leaf);
        assertEq(id, _demandId(REQUEST, leaf.index, hash, 0));
        demandIds.push(id);
    }

    function _demandInput(address demander, uint32 node) internal returns (bytes32 id) {
        vm.prank(demander);
        id = demands.demandInput{value: CHALLENGE_BOND}(claimed, request, leaf, node);
        assertEq(id, _demandId(INPUT_PART, leaf.index, request.inputsRoot, node));
        demandIds.push(id);
    }

    function _showRequest(address sender) internal {
        vm.prank(sender);
        demands.showRequest(claimed, leaf.index, request);
    }

    function _showCall(uint32 node, bytes memory content) internal returns (bytes memory) {
        return abi.encodeCall(
            IDemands.showInput, (claimed, leaf.index, node, request.inputsRoot, content, _pathOf(node))
        );
    }

    function _showInput(address sender, uint32 node) internal {
        _showInput(sender, node, contents[node]);
    }

    function _showInput(address sender, uint32 node, bytes memory content) internal {
        bytes memory call = _showCall(node, content);
        vm.prank(sender);
        (bool done,) = address(demands).call(call);
        assertTrue(done, "the answer is refused");
    }

    function _refusedHere(address sender, uint256 value, bytes memory call, bytes memory reason) internal {
        vm.prank(sender);
        (bool done, bytes memory result) = address(demands).call{value: value}(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function _requestCall() internal view returns (bytes memory) {
        return abi.encodeCall(IDemands.demandRequest, (claimed, _requestHash(request), leaf));
    }

    function _inputCall(uint32 node) internal view returns (bytes memory) {
        return abi.encodeCall(IDemands.demandInput, (claimed, request, leaf, node));
    }

    function _demandStatus(bytes32 id) internal view returns (DemandStatus) {
        return demands.getDemand(id).status;
    }

    function _notOpen(bytes32 id, DemandStatus status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IDemands.DemandNotOpen.selector, id, status);
    }
}
