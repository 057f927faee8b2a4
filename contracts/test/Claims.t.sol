// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    ClaimState,
    ClaimStatus,
    Game,
    IArbiter,
    IGraphArbiter,
    IPinpoint,
    Parameters,
    Request
} from "../src/IPinpoint.sol";
import {Pinpoint} from "../src/Pinpoint.sol";
import {ContentTooLong} from "../src/arbiter/TensorRoot.sol";
import {Play} from "./utils/Play.sol";

contract ClaimsTest is Play {
    bytes32 private constant END = keccak256("end");

    function _requestHash(Request memory r) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x23),
                block.chainid,
                address(pinpoint),
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

    function _expect(bytes memory reason, Request memory r, bytes memory input) private {
        vm.expectRevert(reason);
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(r, END, input);
    }

    /// @dev Root of the inputs group with one leaf in slot 0.
    function _inputs(bytes32 leaf) private returns (bytes32 root) {
        root = leaf;
        for (uint256 height = 0; height < 35; height++) {
            root = keccak256(abi.encodePacked(root, _zero(height)));
        }
    }

    function testAClaimOpensItsWindow() public {
        vm.recordLogs();
        vm.prank(submitter);
        bytes32 id = pinpoint.claim{value: CLAIM_BOND}(request, END, "");
        bytes32[] memory topics = vm.getRecordedLogs()[0].topics;
        assertEq(topics[0], IPinpoint.Claimed.selector);
        assertEq(topics[1], id);
        assertEq(topics[2], _requestHash(request));
        assertEq(topics[3], bytes32(uint256(uint160(submitter))));
        bytes memory preimage = abi.encodePacked(
            uint8(0x24), block.chainid, address(pinpoint), _requestHash(request), submitter, END
        );
        assertEq(id, keccak256(preimage));
        ClaimState memory state = pinpoint.getClaim(id);
        assertTrue(state.status == ClaimStatus.Open);
        assertEq(state.windowEnds, START + WINDOW);
        assertEq(uint256(uint160(state.submitter)), uint256(uint160(submitter)));
    }

    function testTheBondIsExact() public {
        uint256[3] memory wrong = [uint256(0), CLAIM_BOND - 1, CLAIM_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongBond.selector, wrong[i], CLAIM_BOND));
            vm.prank(submitter);
            pinpoint.claim{value: wrong[i]}(request, END, "");
        }
    }

    function testWhatCannotBeRunIsRefused() public {
        Request memory r = request;
        r.model = keccak256("nothing");
        _expect(abi.encodeWithSelector(IPinpoint.UnknownModel.selector, r.model), r, "");
        r = request;
        r.iterations = 0;
        _expect(abi.encodeWithSelector(IPinpoint.IterationsOutOfRange.selector, 0, ITERATIONS), r, "");
        r.iterations = ITERATIONS + 1;
        _expect(
            abi.encodeWithSelector(IPinpoint.IterationsOutOfRange.selector, ITERATIONS + 1, ITERATIONS), r, ""
        );
    }

    function testFeesAreRefused() public {
        Request memory r = request;
        r.fee = 5;
        _expect(abi.encodeWithSelector(IPinpoint.FeeNotSupported.selector, 5, 0), r, "");
        r.fee = 0;
        r.deadline = 9;
        _expect(abi.encodeWithSelector(IPinpoint.FeeNotSupported.selector, 0, 9), r, "");
    }

    function testTheInputIsCheckedAgainstTheRequest() public {
        bytes memory input = "an image of a digit";
        bytes32 root = _inputs(keccak256(abi.encodePacked(input, new bytes(128 - input.length))));
        Request memory r = request;
        r.inputsRoot = root;
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(r, END, input);
        r.inputsRoot = keccak256("other");
        _expect(abi.encodeWithSelector(IPinpoint.InputMismatch.selector, root, r.inputsRoot), r, input);
        bytes memory long = new bytes(16385);
        _expect(abi.encodeWithSelector(ContentTooLong.selector, 16385, 16384), r, long);
        // Zeros to 16 KiB are the empty tensor.
        r.inputsRoot = _zero(35);
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(r, END, new bytes(16384));
    }

    function testAClaimIsMadeOnceByEachSubmitter() public {
        bytes32 id = _claim();
        bytes32 end = _end();
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(request, end, "");
        vm.prank(alice);
        bytes32 other = pinpoint.claim{value: CLAIM_BOND}(request, end, "");
        assertNotEq(id, other);
        skip(WINDOW);
        pinpoint.finalize(id);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(request, end, "");
    }

    function testAFallenClaimCannotBeMadeAgain() public {
        bytes32 id = _claim();
        Game memory game = _challenge(alice);
        vm.prank(submitter);
        pinpoint.concede(game.id);
        bytes32 end = _end();
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(request, end, "");
    }

    function testEveryFieldOfTheRequestTellsClaimsApart() public {
        bytes32[] memory ids = new bytes32[](5);
        for (uint256 i = 0; i < ids.length; i++) {
            Request memory r = request;
            if (i == 1) r.requester = alice;
            if (i == 2) r.nonce++;
            if (i == 3) r.iterations--;
            if (i == 4) r.inputsRoot = keccak256("other");
            vm.prank(submitter);
            ids[i] = pinpoint.claim{value: CLAIM_BOND}(r, END, "");
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
        vm.chainId(4711);
        vm.prank(submitter);
        assertNotEq(pinpoint.claim{value: CLAIM_BOND}(request, END, ""), ids[0]);
    }

    function testFinalizeFromTheEndOfTheWindowOn() public {
        bytes32 id = _claim();
        uint256 ends = START + WINDOW;
        vm.warp(ends - 1);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WindowOpen.selector, ends, ends - 1));
        pinpoint.finalize(id);
        vm.warp(ends);
        vm.prank(anyone);
        pinpoint.finalize(id);
        assertTrue(pinpoint.getClaim(id).status == ClaimStatus.Finalized);
        assertEq(pinpoint.withdrawable(submitter), CLAIM_BOND);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Finalized));
        pinpoint.finalize(id);
    }

    function testFinalizeOfNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, bytes32(0), ClaimStatus.None));
        pinpoint.finalize(0);
    }

    function testAnOpenGameHoldsUpFinality() public {
        bytes32 id = _claim();
        skip(WINDOW - 1);
        Game memory game = _challenge(alice);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.GamesOpen.selector, id, 1));
        pinpoint.finalize(id);
        vm.prank(alice);
        pinpoint.concede(game.id);
        pinpoint.finalize(id);
    }

    function testAFallenClaimIsNeverFinal() public {
        bytes32 id = _claim();
        Game memory game = _challenge(alice);
        skip(CLOCK);
        pinpoint.timeout(game.id);
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Fallen));
        pinpoint.finalize(id);
    }

    function testChallengesUntilTheWindowEnds() public {
        _claim();
        bytes32 end = _end();
        uint256 ends = START + WINDOW;
        vm.warp(ends);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WindowClosed.selector, ends, ends));
        vm.prank(alice);
        pinpoint.challenge{value: CHALLENGE_BOND}(request, submitter, end);
        vm.warp(ends - 1);
        _challenge(alice);
    }

    function testAChallengeNamesAnOpenClaim() public {
        bytes32 id = _claim();
        bytes32 end = _end();
        vm.expectPartialRevert(IPinpoint.ClaimNotOpen.selector);
        vm.prank(alice);
        pinpoint.challenge{value: CHALLENGE_BOND}(request, submitter, END);
        vm.expectPartialRevert(IPinpoint.ClaimNotOpen.selector);
        vm.prank(alice);
        pinpoint.challenge{value: CHALLENGE_BOND}(request, bob, end);
        Request memory other = request;
        other.nonce++;
        vm.expectPartialRevert(IPinpoint.ClaimNotOpen.selector);
        vm.prank(alice);
        pinpoint.challenge{value: CHALLENGE_BOND}(other, submitter, end);
        Game memory game = _challenge(alice);
        vm.prank(submitter);
        pinpoint.concede(game.id);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Fallen));
        vm.prank(bob);
        pinpoint.challenge{value: CHALLENGE_BOND}(request, submitter, end);
    }

    function testAChallengeBondIsExact() public {
        _claim();
        bytes32 end = _end();
        uint256[3] memory wrong = [uint256(0), CHALLENGE_BOND - 1, CHALLENGE_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongBond.selector, wrong[i], CHALLENGE_BOND));
            vm.prank(alice);
            pinpoint.challenge{value: wrong[i]}(request, submitter, end);
        }
    }

    function testNobodyChallengesItself() public {
        _claim();
        bytes32 end = _end();
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.SelfChallenge.selector, submitter));
        vm.prank(submitter);
        pinpoint.challenge{value: CHALLENGE_BOND}(request, submitter, end);
    }

    function testTheDeploymentsConstantsHaveLimits() public {
        for (uint256 i = 0; i < 11; i++) {
            Parameters memory p = _parameters(16);
            string memory name;
            uint256 value;
            if (i == 0) (name, value, p.k) = ("k", 1, 1);
            if (i == 1) (name, value, p.k) = ("k", 65, 65);
            if (i == 2) (name, value, p.window) = ("window", 0, 0);
            if (i == 3) (name, value, p.window) = ("window", 366 days, 366 days);
            if (i == 4) (name, value, p.clock) = ("clock", 0, 0);
            if (i == 5) (name, value, p.clock) = ("clock", 366 days, 366 days);
            if (i == 6) (name, value, p.increment) = ("increment", 31 days, 31 days);
            if (i == 7) (name, value, p.descentIncrement) = ("descentIncrement", 31 days, 31 days);
            if (i == 8) (name, value, p.claimBond) = ("claimBond", 0, 0);
            if (i == 9) (name, value, p.challengeBond) = ("challengeBond", 0, 0);
            if (i == 10) (name, value, p.claimBond) = ("claimBond", 1 << 120, 1 << 120);
            (bool made, bytes memory result) =
                address(this).call(abi.encodeCall(this.create, (p, counting, graphArbiter)));
            assertFalse(made);
            assertEq(bytes32(bytes4(result)), bytes32(IPinpoint.InvalidParameter.selector));
            bytes memory arguments = new bytes(result.length - 4);
            for (uint256 j = 0; j < arguments.length; j++) {
                arguments[j] = result[j + 4];
            }
            (string memory named, uint256 given,,) =
                abi.decode(arguments, (string, uint256, uint256, uint256));
            assertEq(named, name);
            assertEq(given, value);
        }
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NoCode.selector, anyone));
        this.create(_parameters(16), IArbiter(anyone), graphArbiter);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NoCode.selector, anyone));
        this.create(_parameters(16), counting, IGraphArbiter(anyone));
        assertEq(this.create(_parameters(64), counting, graphArbiter).K(), 64);
    }

    function create(Parameters memory p, IArbiter arbiter, IGraphArbiter graph) external returns (Pinpoint) {
        return new Pinpoint(p, arbiter, graph);
    }

    function testTheConstantsAreWhatWasGiven() public view {
        assertEq(pinpoint.K(), 16);
        assertEq(pinpoint.WINDOW(), WINDOW);
        assertEq(pinpoint.CLOCK(), CLOCK);
        assertEq(pinpoint.INCREMENT(), INCREMENT);
        assertEq(pinpoint.DESCENT_INCREMENT(), DESCENT_INCREMENT);
        assertEq(pinpoint.CLAIM_BOND(), CLAIM_BOND);
        assertEq(pinpoint.CHALLENGE_BOND(), CHALLENGE_BOND);
    }
}
