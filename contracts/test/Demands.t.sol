// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../src/IDemands.sol";
import {IMoney} from "../src/IMoney.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {
    ClaimStatus,
    DemandState,
    DemandStatus,
    Game,
    Request,
    Rules
} from "../src/Types.sol";
import {ContentTooLong} from "../src/arbiter/TensorRoot.sol";
import {Batches} from "./utils/Batches.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Demands for data that a claim is about.
contract DemandsTest is Batches {
    uint8 private constant REQUEST = 0;
    uint8 private constant INPUT_PART = 1;
    uint256 private constant CONTENT = 16384;
    uint256 private constant HALF = CLAIM_BOND / 2;
    /// @dev The first node of input slot 1, and the last node of all.
    uint32 private constant SLOT_1 = 1 << 14;
    uint32 private constant LAST = (1 << 28) - 1;
    uint256 private constant DEMANDED_UNTIL = START + WINDOW / 2;
    uint256 private constant ANSWER = WINDOW / 4;

    /// @dev The inputs group over 16 KiB each.
    Tree private inputs;
    mapping(uint32 node => bytes) private contents;

    function setUp() public override {
        super.setUp();
        inputs.depth = 28;
        inputs.base = 7;
    }

    // A claim whose request has inputs that are known here.

    function _content(uint256 length, uint256 seed) private pure returns (bytes memory content) {
        content = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            content[i] = bytes1(uint8(uint256(keccak256(abi.encode(seed, i / 32))) >> (8 * (i % 32))));
        }
        // No zero at the end, which could be left out.
        content[length - 1] = 0x01;
    }

    function _put(uint32 node, bytes memory content) private {
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

    function _pathOf(uint32 node) private returns (bytes32[] memory siblings) {
        siblings = new bytes32[](28);
        for (uint256 height = 0; height < 28; height++) {
            siblings[height] = _at(inputs, height, (node >> height) ^ 1);
        }
    }

    function _claimWithInputs() private returns (bytes32) {
        request.inputsRoot = _rootOf(inputs);
        return _claim(keccak256("end"));
    }

    function _demandId(uint8 kind, uint32 index, bytes32 wanted, uint32 node) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x29),
                block.chainid,
                address(demands),
                _claimId(claimed),
                kind,
                index,
                wanted,
                node
            )
        );
    }

    function _demandRequest(address demander) private returns (bytes32 id) {
        bytes32 hash = _requestHash(request);
        vm.prank(demander);
        id = demands.demandRequest{value: CHALLENGE_BOND}(claimed, hash, leaf);
        assertEq(id, _demandId(REQUEST, leaf.index, hash, 0));
        demandIds.push(id);
    }

    function _demandInput(address demander, uint32 node) private returns (bytes32 id) {
        vm.prank(demander);
        id = demands.demandInput{value: CHALLENGE_BOND}(claimed, request, leaf, node);
        assertEq(id, _demandId(INPUT_PART, leaf.index, request.inputsRoot, node));
        demandIds.push(id);
    }

    function _showRequest(address sender) private {
        vm.prank(sender);
        demands.showRequest(claimed, leaf.index, request);
    }

    function _showCall(uint32 node, bytes memory content) private returns (bytes memory) {
        return abi.encodeCall(
            IDemands.showInput, (claimed, leaf.index, node, request.inputsRoot, content, _pathOf(node))
        );
    }

    function _showInput(address sender, uint32 node) private {
        _showInput(sender, node, contents[node]);
    }

    function _showInput(address sender, uint32 node, bytes memory content) private {
        bytes memory call = _showCall(node, content);
        vm.prank(sender);
        (bool done,) = address(demands).call(call);
        assertTrue(done, "the answer is refused");
    }

    function _refusedHere(address sender, uint256 value, bytes memory call, bytes memory reason) private {
        vm.prank(sender);
        (bool done, bytes memory result) = address(demands).call{value: value}(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function _requestCall() private view returns (bytes memory) {
        return abi.encodeCall(IDemands.demandRequest, (claimed, _requestHash(request), leaf));
    }

    function _inputCall(uint32 node) private view returns (bytes memory) {
        return abi.encodeCall(IDemands.demandInput, (claimed, request, leaf, node));
    }

    function _demandStatus(bytes32 id) private view returns (DemandStatus) {
        return demands.getDemand(id).status;
    }

    function _notOpen(bytes32 id, DemandStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDemands.DemandNotOpen.selector, id, status);
    }

    // Demands.

    function testARequestIsDemanded() public {
        bytes32 claimId = _claim();
        skip(1000);
        vm.recordLogs();
        bytes32 id = _demandRequest(alice);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint32 deadline = uint32(START + 1000 + ANSWER);
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IDemands.Demanded.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].topics[2], claimId);
        assertEq(logs[0].topics[3], bytes32(uint256(uint160(alice))));
        assertEq(logs[0].data, abi.encode(REQUEST, 0, _requestHash(request), 0, deadline));
        DemandState memory state = demands.getDemand(id);
        assertEq(state.claimId, claimId);
        assertEq(state.demander, alice);
        assertEq(state.deadline, deadline);
        assertTrue(state.status == DemandStatus.Open);
        assertEq(pinpoint.getClaim(claimId).open, 1);
        _checkMoney();
    }

    function testAPartOfTheInputsIsDemanded() public {
        _put(SLOT_1, _content(100, 1));
        _claimWithInputs();
        vm.recordLogs();
        bytes32 id = _demandInput(alice, SLOT_1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[1], id);
        assertEq(
            logs[0].data,
            abi.encode(INPUT_PART, 0, request.inputsRoot, SLOT_1, uint32(START + ANSWER))
        );
        _checkMoney();
    }

    function testDemandsAreMadeInTheFirstHalfOfTheWindow() public {
        _claim();
        vm.warp(DEMANDED_UNTIL);
        bytes memory late =
            abi.encodeWithSelector(IDemands.TooLateToDemand.selector, DEMANDED_UNTIL, DEMANDED_UNTIL);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), late);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), late);
        vm.warp(DEMANDED_UNTIL - 1);
        _demandRequest(alice);
        _demandInput(alice, 0);
    }

    function testTheBondIsExact() public {
        _claim();
        uint256[3] memory wrong = [uint256(0), CHALLENGE_BOND - 1, CHALLENGE_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory reason =
                abi.encodeWithSelector(IDemands.WrongDemandBond.selector, wrong[i], CHALLENGE_BOND);
            _refusedHere(alice, wrong[i], _requestCall(), reason);
            _refusedHere(alice, wrong[i], _inputCall(0), reason);
        }
    }

    function testTheSubmitterDemandsNothingOfItself() public {
        _claim();
        bytes memory own = abi.encodeWithSelector(IDemands.OwnClaim.selector, submitter);
        _refusedHere(submitter, CHALLENGE_BOND, _requestCall(), own);
        _refusedHere(submitter, CHALLENGE_BOND, _inputCall(0), own);
    }

    function testTheSameIsDemandedOnce() public {
        _claim();
        bytes32 id = _demandRequest(alice);
        bytes memory exists = abi.encodeWithSelector(IDemands.DemandExists.selector, id);
        _refusedHere(bob, CHALLENGE_BOND, _requestCall(), exists);
        _showRequest(submitter);
        _refusedHere(bob, CHALLENGE_BOND, _requestCall(), exists);
    }

    function testDifferentPartsAreDifferentDemands() public {
        bytes32 claimId = _claimWithInputs();
        _demandInput(alice, 0);
        _demandInput(bob, 1);
        _demandInput(alice, LAST);
        _demandRequest(alice);
        assertEq(pinpoint.getClaim(claimId).open, 4);
        _checkMoney();
    }

    function testNodesEndWithTheInputsGroup() public {
        _claim();
        uint32[2] memory beyond = [LAST + 1, type(uint32).max];
        for (uint256 i = 0; i < 2; i++) {
            _refusedHere(
                alice,
                CHALLENGE_BOND,
                _inputCall(beyond[i]),
                abi.encodeWithSelector(IDemands.NodeOutOfRange.selector, beyond[i], LAST)
            );
        }
    }

    function testADemandIsAboutTheClaimsOwnRequest() public {
        bytes32 root = _leafHash(request, _end());
        _claim();
        request.nonce++;
        bytes memory reason =
            abi.encodeWithSelector(IPinpoint.NotInClaim.selector, _leafHash(request, leaf.end), root);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), reason);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), reason);
    }

    function testADemandIsAboutAnUndecidedClaim() public {
        bytes32 claimId = _claim();
        _concede(submitter, _challenge(alice));
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refusedHere(alice, CHALLENGE_BOND, _requestCall(), fallen);
        _refusedHere(alice, CHALLENGE_BOND, _inputCall(0), fallen);
    }

    function testAHeldRequestIsKnown() public {
        _claim();
        claimed.source = bob;
        _refusedHere(
            alice,
            CHALLENGE_BOND,
            _requestCall(),
            abi.encodeWithSelector(IDemands.RequestIsKnown.selector, bob)
        );
    }

    function testEveryRunOfABatchIsDemanded() public {
        _prepare(3);
        bytes32 claimId = _claimBatch();
        for (uint256 i = 0; i < 3; i++) {
            _turnTo(i);
            _demandRequest(alice);
        }
        for (uint256 i = 0; i < 3; i++) {
            _turnTo(i);
            _showRequest(anyone);
        }
        assertEq(pinpoint.getClaim(claimId).open, 0);
        _checkMoney();
    }

    // Answers.

    function testAnyoneShowsARequestAndGetsTheBond() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        vm.recordLogs();
        _showRequest(anyone);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory log = logs[logs.length - 1];
        assertEq(log.topics[0], IDemands.RequestShown.selector);
        assertEq(log.topics[1], id);
        assertEq(log.topics[2], bytes32(uint256(uint160(anyone))));
        assertEq(log.data, abi.encode(request));
        assertTrue(_demandStatus(id) == DemandStatus.Answered);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(anyone), CHALLENGE_BOND);
        _checkMoney();
        vm.prank(anyone);
        demands.withdraw();
        assertEq(anyone.balance, CHALLENGE_BOND);
        _checkMoney();
    }

    function testAnyoneShowsInputsAndGetsTheBond() public {
        _put(0, _content(CONTENT, 1));
        bytes32 claimId = _claimWithInputs();
        bytes32 id = _demandInput(alice, 0);
        vm.recordLogs();
        _showInput(bob, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory log = logs[logs.length - 1];
        assertEq(log.topics[0], IDemands.InputShown.selector);
        assertEq(log.topics[1], id);
        assertEq(log.topics[2], bytes32(uint256(uint160(bob))));
        assertEq(log.data, abi.encode(contents[0]));
        assertTrue(_demandStatus(id) == DemandStatus.Answered);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(bob), CHALLENGE_BOND);
        _checkMoney();
    }

    function testInputsOfAnyLengthAreShown() public {
        uint16[7] memory lengths = [1, 127, 128, 129, 5001, 16383, 16384];
        for (uint32 i = 0; i < lengths.length; i++) {
            _put(i, _content(lengths[i], i));
        }
        _claimWithInputs();
        for (uint32 i = 0; i < lengths.length; i++) {
            _demandInput(alice, i);
            _showInput(bob, i);
        }
        assertEq(demands.withdrawable(bob), 7 * CHALLENGE_BOND);
        _checkMoney();
    }

    function testInputsOfSeveralSlotsAreShown() public {
        uint32[4] memory nodes = [0, SLOT_1, 5 * SLOT_1 + 3, LAST];
        for (uint256 i = 0; i < nodes.length; i++) {
            _put(nodes[i], _content(1000 + i, i));
        }
        _claimWithInputs();
        for (uint256 i = 0; i < nodes.length; i++) {
            _demandInput(alice, nodes[i]);
            _showInput(submitter, nodes[i]);
        }
        assertEq(demands.withdrawable(submitter), 4 * CHALLENGE_BOND);
    }

    function testAnEmptyPartIsAZeroByte() public {
        _put(0, _content(100, 1));
        _claimWithInputs();
        _demandInput(alice, 1);
        _showInput(bob, 1, hex"00");
    }

    function testZerosAtTheEndMayBeShownOrLeftOut() public {
        bytes memory content = _content(300, 1);
        _put(0, content);
        _put(1, content);
        _claimWithInputs();
        _demandInput(alice, 0);
        _demandInput(alice, 1);
        _showInput(bob, 0, abi.encodePacked(content, new bytes(500)));
        _showInput(bob, 1, content);
    }

    function testAnAnswerIsOneOfSixteenThousandBytesAtMost() public {
        _put(0, _content(CONTENT, 1));
        _claimWithInputs();
        _demandInput(alice, 0);
        _refusedHere(
            bob,
            0,
            _showCall(0, ""),
            abi.encodeWithSelector(IDemands.WrongContentLength.selector, 0, CONTENT)
        );
        _refusedHere(
            bob,
            0,
            _showCall(0, abi.encodePacked(contents[0], hex"00")),
            abi.encodeWithSelector(ContentTooLong.selector, CONTENT + 1, CONTENT)
        );
    }

    function testAnAnswerIsWhatWasDemanded() public {
        _put(0, _content(500, 1));
        _put(1, _content(500, 2));
        _claimWithInputs();
        _demandInput(alice, 0);
        _mismatch(_showCall(0, contents[1]));
        _mismatch(_showCall(0, _content(499, 1)));
        bytes32[] memory siblings = _pathOf(0);
        siblings[27] = keccak256("other");
        _mismatch(
            abi.encodeCall(IDemands.showInput, (claimed, 0, 0, request.inputsRoot, contents[0], siblings))
        );
        // A node beyond the tree has the path of one in it.
        _refusedHere(
            bob,
            0,
            abi.encodeCall(
                IDemands.showInput, (claimed, 0, LAST + 1, request.inputsRoot, contents[0], _pathOf(0))
            ),
            _notOpen(_demandId(INPUT_PART, 0, request.inputsRoot, LAST + 1), DemandStatus.None)
        );
        // Nor is the right content of another part an answer.
        _refusedHere(
            bob,
            0,
            _showCall(1, contents[1]),
            _notOpen(_demandId(INPUT_PART, 0, request.inputsRoot, 1), DemandStatus.None)
        );
    }

    function _mismatch(bytes memory call) private {
        vm.prank(bob);
        (bool done, bytes memory result) = address(demands).call(call);
        assertFalse(done, "was not refused");
        assertEq(bytes32(bytes4(result)), bytes32(IDemands.ContentMismatch.selector));
    }

    function testAPathHasTwentyEightSiblings() public {
        _put(0, _content(500, 1));
        _claimWithInputs();
        _demandInput(alice, 0);
        uint8[3] memory wrong = [0, 27, 29];
        for (uint256 i = 0; i < 3; i++) {
            _refusedHere(
                bob,
                0,
                abi.encodeCall(
                    IDemands.showInput,
                    (claimed, 0, 0, request.inputsRoot, contents[0], new bytes32[](wrong[i]))
                ),
                abi.encodeWithSelector(IDemands.WrongSiblingCount.selector, wrong[i], 28)
            );
        }
    }

    function testAnotherRequestIsNoAnswer() public {
        _claim();
        _demandRequest(alice);
        Request memory other = request;
        other.nonce++;
        _refusedHere(
            bob,
            0,
            abi.encodeCall(IDemands.showRequest, (claimed, 0, other)),
            _notOpen(_demandId(REQUEST, 0, _requestHash(other), 0), DemandStatus.None)
        );
        _refusedHere(
            bob,
            0,
            abi.encodeCall(IDemands.showRequest, (claimed, 1, request)),
            _notOpen(_demandId(REQUEST, 1, _requestHash(request), 0), DemandStatus.None)
        );
    }

    function testAnIllFormedRequestIsNoAnswer() public {
        for (uint256 way = 0; way < 5; way++) {
            _prepare(2);
            if (way == 0) requests[1].model = keccak256("another model");
            if (way == 1) requests[1].iterations = 0;
            if (way == 2) requests[1].iterations = ITERATIONS + 1;
            if (way == 3) requests[1].fee = 1;
            if (way == 4) requests[1].deadline = 1;
            _claimBatch();
            _turnTo(1);
            _demandRequest(alice);
            _refusedHere(
                submitter,
                0,
                abi.encodeCall(IDemands.showRequest, (claimed, 1, request)),
                abi.encodeWithSelector(IDemands.IllFormedRequest.selector, _requestHash(request))
            );
        }
        _checkMoney();
    }

    function testAnAnswerIsGivenOnce() public {
        _claim();
        bytes32 id = _demandRequest(alice);
        _showRequest(bob);
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.showRequest, (claimed, 0, request)),
            _notOpen(id, DemandStatus.Answered)
        );
        skip(ANSWER);
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.fell, (claimed, id)),
            _notOpen(id, DemandStatus.Answered)
        );
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            _notOpen(id, DemandStatus.Answered)
        );
    }

    // Deadlines.

    function testAnAnswerIsInTimeUntilTheDeadline() public {
        _put(0, _content(500, 1));
        _claimWithInputs();
        skip(333);
        _demandRequest(alice);
        _demandInput(alice, 0);
        uint256 deadline = START + 333 + ANSWER;
        vm.warp(deadline - 1);
        uint256 snapshot = vm.snapshotState();
        _showRequest(bob);
        _showInput(bob, 0);
        vm.revertToState(snapshot);
        vm.warp(deadline);
        bytes memory overdue =
            abi.encodeWithSelector(IDemands.DemandOverdue.selector, deadline, deadline);
        _refusedHere(bob, 0, abi.encodeCall(IDemands.showRequest, (claimed, 0, request)), overdue);
        _refusedHere(bob, 0, _showCall(0, contents[0]), overdue);
    }

    function testAClaimFallsFromTheDeadlineOn() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        bytes memory fell = abi.encodeCall(IDemands.fell, (claimed, id));
        vm.warp(START + ANSWER - 1);
        _refusedHere(
            anyone,
            0,
            fell,
            abi.encodeWithSelector(
                IDemands.DemandPending.selector, START + ANSWER, START + ANSWER - 1
            )
        );
        vm.warp(START + ANSWER);
        vm.recordLogs();
        vm.prank(anyone);
        demands.fell(claimed, id);
        assertEq(
            _last(IDemands.DemandSettled.selector), abi.encode(true, CHALLENGE_BOND)
        );
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
        assertTrue(_demandStatus(id) == DemandStatus.Unanswered);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(_owed(alice), HALF - CLAIM_BOND / 20);
        assertEq(_owed(anyone), CLAIM_BOND / 20);
        assertEq(_owed(submitter), 0);
        assertEq(pinpoint.burned(), HALF);
        _checkMoney();
        _refusedHere(anyone, 0, fell, _notOpen(id, DemandStatus.Unanswered));
    }

    function testAnUnansweredDemandFellsLongAfterItsDeadline() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        skip(100 days);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.GamesOpen.selector, claimId, 1));
        pinpoint.finalize(claimed);
        demands.fell(claimed, id);
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
    }

    function testADemandSetsAsideWhatOpenGamesAreRepaid() public {
        _claim();
        Game memory game = _challenge(bob);
        bytes32 id = _demandRequest(alice);
        skip(ANSWER);
        vm.prank(anyone);
        demands.fell(claimed, id);
        assertEq(_owed(alice), HALF - CLAIM_BOND / 20 - RESERVE);
        _checkMoney();
        _settle(game);
        assertEq(_owed(bob), CHALLENGE_BOND + REPAYMENT);
        _checkMoney();
    }

    /// @dev Demanded in the last second, answered in the last second: a quarter of the window is left.
    function testAnAnsweredDemandDelaysNothing() public {
        bytes32 claimId = _claim();
        vm.warp(DEMANDED_UNTIL - 1);
        _demandRequest(alice);
        vm.warp(DEMANDED_UNTIL - 1 + ANSWER - 1);
        _showRequest(submitter);
        vm.warp(START + WINDOW - 1);
        uint256 snapshot = vm.snapshotState();
        _challenge(bob);
        vm.revertToState(snapshot);
        vm.warp(START + WINDOW);
        pinpoint.finalize(claimed);
        assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Finalized);
        _checkMoney();
    }

    function testADemandStopsNoGame() public {
        _lie(7, 99);
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(bob);
        Game memory game = _toInstruction(alice, _challenge(alice));
        _prove(anyone, game);
        _expectWon(game, claimId, false);
        demands.settleDemand(claimed, id);
        _checkMoney();
    }

    // Claims that fall otherwise.

    function testADemandAboutAFallenClaimIsReturned() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        _concede(submitter, _challenge(bob));
        vm.recordLogs();
        vm.prank(anyone);
        demands.settleDemand(claimed, id);
        assertEq(_last(IDemands.DemandSettled.selector), abi.encode(false, CHALLENGE_BOND));
        assertTrue(_demandStatus(id) == DemandStatus.Settled);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        _checkMoney();
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            _notOpen(id, DemandStatus.Settled)
        );
    }

    function testTheBondOfADemandAboutAFallenClaimIsNoAnswers() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        _concede(submitter, _challenge(bob));
        bytes memory fallen =
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, claimId, ClaimStatus.Fallen);
        _refusedHere(
            submitter, 0, abi.encodeCall(IDemands.showRequest, (claimed, 0, request)), fallen
        );
        skip(ANSWER);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), fallen);
    }

    function testOneOfTwoDemandsFells() public {
        bytes32 claimId = _claim();
        bytes32 first = _demandRequest(alice);
        bytes32 second = _demandInput(bob, 0);
        skip(ANSWER);
        vm.prank(anyone);
        demands.fell(claimed, second);
        demands.settleDemand(claimed, first);
        assertEq(pinpoint.getClaim(claimId).open, 0);
        assertEq(demands.withdrawable(alice), CHALLENGE_BOND);
        assertEq(demands.withdrawable(bob), CHALLENGE_BOND);
        assertEq(_owed(bob), HALF - CLAIM_BOND / 20);
        assertEq(_owed(alice), 0);
        _checkMoney();
    }

    function testOnlyDemandsAboutFallenClaimsAreSettled() public {
        _claim();
        bytes32 id = _demandRequest(alice);
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            abi.encodeWithSelector(
                IDemands.NotMoot.selector, id, DemandStatus.Open, ClaimStatus.Open
            )
        );
    }

    function testADemandIsDecidedWithItsOwnClaim() public {
        bytes32 claimId = _claim();
        bytes32 id = _demandRequest(alice);
        request.nonce++;
        bytes32 other = _claim();
        bytes memory mismatch =
            abi.encodeWithSelector(IDemands.ClaimMismatch.selector, other, claimId);
        skip(ANSWER);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), mismatch);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.settleDemand, (claimed, id)), mismatch);
    }

    function testThereIsNothingToDecideWithoutADemand() public {
        _claim();
        bytes32 id = keccak256("no demand");
        bytes memory none = _notOpen(id, DemandStatus.None);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), none);
        _refusedHere(anyone, 0, abi.encodeCall(IDemands.settleDemand, (claimed, id)), none);
    }

    // Doors of Pinpoint.

    function testOnlyDemandsHoldsReleasesAndFells() public {
        bytes32 claimId = _claim();
        address[3] memory senders = [submitter, alice, address(pinpoint)];
        for (uint256 i = 0; i < 3; i++) {
            bytes memory only = abi.encodeWithSelector(IPinpoint.OnlyDemands.selector, senders[i]);
            _refused(
                senders[i], abi.encodeCall(IPinpoint.hold, (claimed, _requestHash(request), leaf)), only
            );
            _refused(senders[i], abi.encodeCall(IPinpoint.release, (claimId)), only);
            _refused(
                senders[i],
                abi.encodeCall(IPinpoint.fell, (claimed, keccak256("demand"), alice, alice)),
                only
            );
        }
    }

    function testAHeldClaimIsHandedOver() public {
        bytes32 claimId = _claim();
        bytes32 hash = _requestHash(request);
        Rules memory rules = registry.getRules(offer);
        vm.prank(address(demands));
        (bytes32 id,, Rules memory read) = pinpoint.hold(claimed, hash, leaf);
        assertEq(id, claimId);
        assertEq(abi.encode(read), abi.encode(rules));
    }

    function testNothingIsWithdrawnTwice() public {
        _claim();
        _demandRequest(alice);
        _showRequest(bob);
        vm.prank(bob);
        demands.withdraw();
        vm.expectRevert(abi.encodeWithSelector(IMoney.NothingToWithdraw.selector, bob));
        vm.prank(bob);
        demands.withdraw();
        _checkMoney();
    }
}
