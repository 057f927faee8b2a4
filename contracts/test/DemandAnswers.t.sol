// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../src/IDemands.sol";
import {DemandStatus, Request} from "../src/Types.sol";
import {ContentTooLong} from "../src/arbiter/TensorRoot.sol";
import {DemandPlay} from "./utils/DemandPlay.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev What answers a demand, and who is paid for it.
contract DemandAnswersTest is DemandPlay {
    function testAnyoneShowsARequestAndTheSubmitterGetsTheBond() public {
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
        // Else whoever copies an answer that waits for its block would get it.
        assertEq(demands.withdrawable(anyone), 0);
        assertEq(demands.withdrawable(submitter), CHALLENGE_BOND);
        _checkMoney();
        uint256 balance = submitter.balance;
        vm.prank(submitter);
        demands.withdraw();
        assertEq(submitter.balance - balance, CHALLENGE_BOND);
        _checkMoney();
    }

    function testAnyoneShowsInputsAndTheSubmitterGetsTheBond() public {
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
        assertEq(demands.withdrawable(bob), 0);
        assertEq(demands.withdrawable(submitter), CHALLENGE_BOND);
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
        assertEq(demands.withdrawable(submitter), 7 * CHALLENGE_BOND);
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
            bob, 0, _showCall(0, ""), abi.encodeWithSelector(IDemands.WrongContentLength.selector, 0, CONTENT)
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
            anyone, 0, abi.encodeCall(IDemands.fell, (claimed, id)), _notOpen(id, DemandStatus.Answered)
        );
        _refusedHere(
            anyone,
            0,
            abi.encodeCall(IDemands.settleDemand, (claimed, id)),
            _notOpen(id, DemandStatus.Answered)
        );
    }
}
