// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../src/Commit.sol";
import {Claim, Game, Image, Registration, Request, Terms} from "../src/Types.sol";
import {tensorRoot} from "../src/arbiter/TensorRoot.sol";
import {Test} from "./utils/Test.sol";

/// @dev The library, called from outside: it reads calldata, and hashes its own address.
contract Committer {
    function image(Image calldata value) external pure returns (bytes32) {
        return Commit.image(value);
    }

    function model(Registration calldata value) external pure returns (bytes32) {
        return Commit.model(value);
    }

    function offer(bytes32 model_, Terms calldata terms) external view returns (bytes32) {
        return Commit.offer(address(this), model_, terms);
    }

    function request(Request calldata value) external view returns (bytes32) {
        return Commit.request(address(this), value);
    }

    function claim(Claim calldata value) external view returns (bytes32) {
        return Commit.claim(address(this), value);
    }

    function demand(bytes32 claimId, uint8 kind, uint32 index, bytes32 wanted, uint32 node)
        external
        view
        returns (bytes32)
    {
        return Commit.demand(claimId, kind, index, wanted, node);
    }

    function path(bytes32 node, uint256 index, bytes32[] calldata siblings) external pure returns (bytes32) {
        return Commit.pathRoot(node, index, siblings);
    }

    function gameId(bytes32 claimId, address challenger, uint32 number) external view returns (bytes32) {
        return Commit.gameId(claimId, challenger, number);
    }

    function inputs(bytes calldata content) external pure returns (bytes32) {
        return Commit.inputsRoot(tensorRoot(content));
    }

    function dissection(bytes32[] calldata inner, bytes32 end, uint256 k) external pure returns (bytes32) {
        return Commit.dissection(inner, end, Commit.dissectionDepth(k));
    }

    function part(uint256 number, bytes32 loHash, bytes32 hiHash, bytes32[] calldata siblings, uint256 k)
        external
        pure
        returns (bytes32 root, uint256 count)
    {
        uint256 depth = Commit.dissectionDepth(k);
        return (Commit.partRoot(number, loHash, hiHash, siblings, depth), Commit.siblingCount(number, depth));
    }
}

/// @dev contracts/test/tools/commitment-vectors.ts writes what TypeScript computes.
contract CommitTest is Test {
    Committer private committer;
    string private json;

    function setUp() public {
        json = vm.readFile("build/vectors/commitments.json");
        address contract_ = vm.parseJsonAddress(json, ".contract");
        vm.etch(contract_, type(Committer).runtimeCode);
        committer = Committer(contract_);
        vm.chainId(vm.parseJsonUint(json, ".chainId"));
    }

    function _hash(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }

    function _number(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    function _registration() private view returns (Registration memory registration) {
        registration.length = uint32(_number(".registration.length"));
        registration.maxIterations = uint32(_number(".registration.maxIterations"));
        registration.programRoot = _hash(".registration.programRoot");
        registration.initialSlotsRoot = _hash(".registration.initialSlotsRoot");
        registration.outputsRoot = _hash(".registration.outputsRoot");
        registration.rest = _hash(".registration.rest");
        registration.slotTableRoot = _hash(".registration.slotTableRoot");
        registration.image.codeRoot = _hash(".registration.image.codeRoot");
        registration.image.dataRoot = _hash(".registration.image.dataRoot");
        registration.image.wasmHash = _hash(".registration.image.wasmHash");
        registration.image.loweringVersion = uint32(_number(".registration.image.loweringVersion"));
        registration.machineVersion = uint32(_number(".registration.machineVersion"));
    }

    function testModels() public view {
        Registration memory registration = _registration();
        assertEq(committer.image(registration.image), _hash(".image"));
        assertEq(committer.model(registration), _hash(".model"));
        assertEq(
            Commit.initialSlots(registration.outputsRoot, registration.rest), registration.initialSlotsRoot
        );
    }

    function testOffers() public view {
        Terms memory terms = Terms({
            submitter: vm.parseJsonAddress(json, ".terms.submitter"),
            token: vm.parseJsonAddress(json, ".terms.token"),
            fee: uint128(_number(".terms.fee")),
            window: uint24(_number(".terms.window")),
            clock: uint24(_number(".terms.clock")),
            increment: uint24(_number(".terms.increment")),
            descentIncrement: uint24(_number(".terms.descentIncrement")),
            commitDelay: uint24(_number(".terms.commitDelay")),
            claimBond: uint96(_number(".terms.claimBond")),
            challengeBond: uint96(_number(".terms.challengeBond")),
            repayment: uint96(_number(".terms.repayment"))
        });
        assertEq(committer.offer(_hash(".model"), terms), _hash(".offer"));
    }

    function testRequests() public view {
        Request memory request = Request(
            vm.parseJsonAddress(json, ".request.requester"),
            uint64(_number(".request.nonce")),
            _hash(".request.model"),
            uint32(_number(".request.iterations")),
            _hash(".request.inputsRoot"),
            uint128(_number(".request.fee")),
            uint64(_number(".request.deadline"))
        );
        bytes32 hash = committer.request(request);
        assertEq(hash, _hash(".requestHash"));
        assertEq(Commit.leaf(hash, keccak256("end")), _hash(".leaf"));
    }

    function testClaims() public view {
        Claim memory claim = Claim({
            offer: _hash(".claim.offer"),
            submitter: vm.parseJsonAddress(json, ".claim.submitter"),
            source: vm.parseJsonAddress(json, ".claim.source"),
            first: uint64(_number(".claim.first")),
            count: uint32(_number(".claim.count")),
            root: _hash(".claim.root")
        });
        assertEq(committer.claim(claim), _hash(".claimId"));
    }

    function testGames() public view {
        Game memory game = Game({
            claimId: _hash(".game.claimId"),
            challenger: vm.parseJsonAddress(json, ".game.challenger"),
            number: uint32(_number(".game.number")),
            iterations: uint32(_number(".game.iterations")),
            level: uint8(_number(".game.level")),
            turn: uint8(_number(".game.turn")),
            lo: uint64(_number(".game.lo")),
            hi: uint64(_number(".game.hi")),
            loHash: _hash(".game.loHash"),
            hiHash: _hash(".game.hiHash"),
            dissection: _hash(".game.dissection"),
            code: _hash(".game.code")
        });
        assertEq(committer.gameId(game.claimId, game.challenger, game.number), _hash(".gameId"));
        assertEq(Commit.gameState(game), _hash(".gameState"));
        assertEq(Commit.position(game), _hash(".position"));
    }

    /// @dev A run of other iterations ends elsewhere, so an answer must not serve both.
    function testAPositionIsNotWhoseGameItIsButHowLongTheRunIs(
        address challenger,
        uint32 number,
        uint32 iterations
    ) public pure {
        Game memory game;
        game.iterations = 7;
        bytes32 position = Commit.position(game);
        game.challenger = challenger;
        game.number = number;
        assertEq(Commit.position(game), position);
        game.iterations = iterations;
        assertEq(Commit.position(game) == position, iterations == 7);
    }

    function testDemands() public view {
        bytes32 id = committer.demand(
            _hash(".demand.claim"),
            uint8(_number(".demand.kind")),
            uint32(_number(".demand.index")),
            _hash(".demand.wanted"),
            uint32(_number(".demand.node"))
        );
        assertEq(id, _hash(".demandId"));
    }

    function testBatches() public view {
        uint256[] memory counts = vm.parseJsonUintArray(json, ".batches.count");
        uint256[] memory indices = vm.parseJsonUintArray(json, ".batches.index");
        uint256[] memory depths = vm.parseJsonUintArray(json, ".batches.depth");
        bytes32[] memory roots = vm.parseJsonBytes32Array(json, ".batches.root");
        bytes32[] memory all = vm.parseJsonBytes32Array(json, ".batches.siblings");
        uint256 offset;
        assertGt(counts.length, 100);
        for (uint256 i = 0; i < counts.length; i++) {
            assertEq(Commit.batchDepth(counts[i]), depths[i]);
            if (i == 0 || counts[i] != counts[i - 1]) {
                bytes32[] memory leaves = new bytes32[](counts[i]);
                for (uint256 j = 0; j < leaves.length; j++) {
                    leaves[j] = _leaf(j);
                }
                assertEq(Commit.batchRoot(leaves), roots[i]);
            }
            bytes32[] memory siblings = new bytes32[](depths[i]);
            for (uint256 j = 0; j < siblings.length; j++) {
                siblings[j] = all[offset++];
            }
            assertEq(committer.path(_leaf(indices[i]), indices[i], siblings), roots[i]);
        }
        assertEq(offset, all.length);
    }

    function _leaf(uint256 i) private pure returns (bytes32) {
        return Commit.leaf(keccak256(abi.encodePacked("request ", vm.toString(i))), _end(i));
    }

    function testTheStartOfARun() public view {
        bytes32 left = Commit.node(_hash(".request.inputsRoot"), _hash(".registration.outputsRoot"));
        bytes32 slots = Commit.node(left, _hash(".registration.rest"));
        assertEq(Commit.graphRunning(0, slots), _hash(".start"));
    }

    function testInputs() public view {
        bytes32[] memory roots = vm.parseJsonBytes32Array(json, ".inputs");
        uint256[7] memory lengths = [uint256(0), 1, 127, 128, 129, 3136, 16384];
        for (uint256 i = 0; i < 7; i++) {
            bytes memory content = new bytes(lengths[i]);
            for (uint256 j = 0; j < content.length; j++) {
                content[j] = bytes1(uint8(j * 7 + 1));
            }
            assertEq(committer.inputs(content), roots[i]);
        }
    }

    function testDissections() public view {
        uint256[] memory ks = vm.parseJsonUintArray(json, ".dissections.k");
        uint256[] memory parts = vm.parseJsonUintArray(json, ".dissections.parts");
        uint256[] memory numbers = vm.parseJsonUintArray(json, ".dissections.part");
        uint256[] memory counts = vm.parseJsonUintArray(json, ".dissections.siblingCount");
        bytes32[] memory roots = vm.parseJsonBytes32Array(json, ".dissections.root");
        bytes32[] memory all = vm.parseJsonBytes32Array(json, ".dissections.siblings");
        uint256 offset;
        assertGt(ks.length, 100);
        for (uint256 i = 0; i < ks.length; i++) {
            bytes32[] memory inner = new bytes32[](parts[i] - 1);
            for (uint256 j = 0; j < inner.length; j++) {
                inner[j] = _end(j);
            }
            assertEq(committer.dissection(inner, _end(inner.length), ks[i]), roots[i]);
            bytes32[] memory siblings = new bytes32[](counts[i]);
            for (uint256 j = 0; j < siblings.length; j++) {
                siblings[j] = all[offset++];
            }
            bytes32 loHash = numbers[i] == 0 ? bytes32(0) : _end(numbers[i] - 1);
            (bytes32 root, uint256 count) =
                committer.part(numbers[i], loHash, _end(numbers[i]), siblings, ks[i]);
            assertEq(root, roots[i]);
            assertEq(count, counts[i]);
        }
        assertEq(offset, all.length);
    }

    function _end(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encodePacked("end ", vm.toString(i)));
    }
}
