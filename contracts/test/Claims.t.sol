// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demands} from "../src/Demands.sol";
import {IArbiter, IGraphArbiter} from "../src/IArbiters.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Pinpoint} from "../src/Pinpoint.sol";
import {Claim, ClaimState, ClaimStatus, Game, Request, Terms} from "../src/Types.sol";
import {ContentTooLong} from "../src/arbiter/TensorRoot.sol";
import {Moves} from "./utils/Moves.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Claims of one run, and what becomes of them.
contract ClaimsTest is Moves {
    bytes32 private constant END = keccak256("end");

    function _claimCall(Request memory r, bytes memory input) private view returns (bytes memory) {
        return abi.encodeCall(IPinpoint.claim, (offer, r, END, input));
    }

    function _expect(bytes memory reason, Request memory r, bytes memory input) private {
        vm.expectRevert(reason);
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, r, END, input);
    }

    /// @dev The request is no run of the model.
    function _illFormed(Request memory r) private {
        _expect(abi.encodeWithSelector(IPinpoint.IllFormedRequest.selector, _requestHash(r)), r, "");
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
        bytes32 id = pinpoint.claim{value: CLAIM_BOND}(offer, request, END, "");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Claim memory made = _singleClaim(END);
        assertEq(id, _claimId(made));
        assertEq(id, pinpoint.claimIdOf(made));
        assertEq(logs[0].topics[0], IPinpoint.Claimed.selector);
        assertEq(logs[0].topics[1], id);
        assertEq(logs[0].topics[2], offer);
        assertEq(logs[0].topics[3], bytes32(uint256(uint160(submitter))));
        assertEq(logs[0].data, abi.encode(made, uint32(START + WINDOW)));
        assertEq(logs[1].topics[0], IPinpoint.ClaimedRun.selector);
        assertEq(logs[1].topics[1], id);
        assertEq(logs[1].topics[2], _requestHash(request));
        assertEq(logs[1].data, abi.encode(request, END, bytes("")));
        ClaimState memory state = pinpoint.getClaim(id);
        assertTrue(state.status == ClaimStatus.Open);
        assertEq(state.windowEnds, START + WINDOW);
        assertEq(state.submitter, submitter);
        assertEq(state.open, 0);
        assertEq(state.repaid, 0);
    }

    function testTheBondIsExact() public {
        uint256[3] memory wrong = [uint256(0), CLAIM_BOND - 1, CLAIM_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongBond.selector, wrong[i], CLAIM_BOND));
            vm.prank(submitter);
            pinpoint.claim{value: wrong[i]}(offer, request, END, "");
        }
    }

    function testWhatCannotBeRunIsRefused() public {
        Request memory r = request;
        r.model = keccak256("nothing");
        _illFormed(r);
        r = request;
        r.iterations = 0;
        _illFormed(r);
        r.iterations = ITERATIONS + 1;
        _illFormed(r);
    }

    function testAnotherModelsRequestIsRefused() public {
        registration.slotTableRoot = keccak256("another table");
        Request memory r = request;
        r.model = registry.register(registration);
        _illFormed(r);
    }

    function testTheLeastAndTheMostIterationsAreTaken() public {
        Request memory r = request;
        r.iterations = 1;
        _taken(r);
        r.iterations = ITERATIONS;
        _taken(r);
    }

    function _taken(Request memory r) private {
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, r, END, "");
    }

    function testARequestThatNothingHoldsHasNoFee() public {
        Request memory r = request;
        r.fee = 1;
        _illFormed(r);
        r.fee = 0;
        r.deadline = 1;
        _illFormed(r);
    }

    function testAClaimIsUnderAnOffer() public {
        bytes32 none = keccak256("no offer");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.UnknownOffer.selector, none));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(none, request, END, "");
    }

    function testOnlyTheNamedSubmitterClaims() public {
        Terms memory terms = _terms();
        terms.submitter = alice;
        offer = registry.offer(model, terms);
        _expect(abi.encodeWithSelector(IPinpoint.NotTheSubmitter.selector, submitter, alice), request, "");
        vm.prank(alice);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, END, "");
    }

    function testTheInputIsCheckedAgainstTheRequest() public {
        bytes memory input = "an image of a digit";
        bytes32 root = _inputs(keccak256(abi.encodePacked(input, new bytes(128 - input.length))));
        Request memory r = request;
        r.inputsRoot = root;
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, r, END, input);
        r.inputsRoot = keccak256("other");
        _expect(abi.encodeWithSelector(IPinpoint.InputMismatch.selector, root, r.inputsRoot), r, input);
        bytes memory long = new bytes(16385);
        _expect(abi.encodeWithSelector(ContentTooLong.selector, 16385, 16384), r, long);
        // Zeros to 16 KiB are the empty tensor.
        r.inputsRoot = _zero(35);
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, r, END, new bytes(16384));
    }

    function testAClaimIsMadeOnceByEachSubmitter() public {
        bytes32 id = _claim();
        bytes32 end = _end();
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
        vm.prank(alice);
        bytes32 other = pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
        assertNotEq(id, other);
        skip(WINDOW);
        pinpoint.finalize(claimed);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
    }

    function testAFallenClaimCannotBeMadeAgain() public {
        bytes32 id = _claim();
        Game memory game = _challenge(alice);
        _concede(submitter, game);
        bytes32 end = _end();
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimExists.selector, id));
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
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
            ids[i] = pinpoint.claim{value: CLAIM_BOND}(offer, r, END, "");
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
        vm.chainId(4711);
        vm.prank(submitter);
        assertNotEq(pinpoint.claim{value: CLAIM_BOND}(offer, request, END, ""), ids[0]);
    }

    function testEveryFieldOfAClaimTellsClaimsApart() public view {
        bytes32[] memory ids = new bytes32[](7);
        for (uint256 i = 0; i < ids.length; i++) {
            Claim memory c = _singleClaim(END);
            if (i == 1) c.offer = keccak256("other");
            if (i == 2) c.submitter = alice;
            if (i == 3) c.source = alice;
            if (i == 4) c.first++;
            if (i == 5) c.count++;
            if (i == 6) c.root = keccak256("other");
            ids[i] = pinpoint.claimIdOf(c);
            assertEq(ids[i], _claimId(c));
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(ids[i], ids[j]);
            }
        }
    }

    function testFinalizeFromTheEndOfTheWindowOn() public {
        bytes32 id = _claim();
        uint256 ends = START + WINDOW;
        vm.warp(ends - 1);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WindowOpen.selector, ends, ends - 1));
        pinpoint.finalize(claimed);
        vm.warp(ends);
        vm.prank(anyone);
        pinpoint.finalize(claimed);
        assertTrue(pinpoint.getClaim(id).status == ClaimStatus.Finalized);
        assertEq(pinpoint.withdrawable(submitter), CLAIM_BOND);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Finalized));
        pinpoint.finalize(claimed);
    }

    function testFinalizeOfNothing() public {
        Claim memory none = _singleClaim(END);
        vm.expectRevert(
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, _claimId(none), ClaimStatus.None)
        );
        pinpoint.finalize(none);
    }

    function testAnOpenGameHoldsUpFinality() public {
        bytes32 id = _claim();
        skip(WINDOW - 1);
        Game memory game = _challenge(alice);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.GamesOpen.selector, id, 1));
        pinpoint.finalize(claimed);
        _concede(alice, game);
        pinpoint.finalize(claimed);
    }

    function testAFallenClaimIsNeverFinal() public {
        bytes32 id = _claim();
        Game memory game = _challenge(alice);
        skip(CLOCK);
        _timeout(game);
        skip(WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Fallen));
        pinpoint.finalize(claimed);
    }

    function _challengeCall() private view returns (bytes memory) {
        return
            abi.encodeCall(IPinpoint.challenge, (claimed, registration, request, leaf, uint32(opened.length)));
    }

    function _notChallenged(address sender, uint256 bond, bytes memory reason) private {
        bytes memory call = _challengeCall();
        vm.prank(sender);
        (bool done, bytes memory result) = address(pinpoint).call{value: bond}(call);
        assertFalse(done, "was not refused");
        assertEq(result, reason);
    }

    function testChallengesUntilTheWindowEnds() public {
        _claim();
        uint256 ends = START + WINDOW;
        vm.warp(ends);
        _notChallenged(
            alice, CHALLENGE_BOND, abi.encodeWithSelector(IPinpoint.WindowClosed.selector, ends, ends)
        );
        vm.warp(ends - 1);
        _challenge(alice);
    }

    function testAChallengeSaysWhereTheGameStarts() public {
        bytes32 claimId = _claim();
        _challenge(bob);
        skip(7);
        vm.recordLogs();
        Game memory game = _challenge(alice);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IPinpoint.Challenged.selector);
        assertEq(logs[0].topics[1], _gameId(game));
        assertEq(logs[0].topics[2], claimId);
        assertEq(logs[0].topics[3], bytes32(uint256(uint160(alice))));
        assertEq(
            logs[0].data,
            bytes.concat(
                abi.encode(submitter, 1, 0, request),
                abi.encode(3 * ITERATIONS + 1, graphHashes[0], leaf.end, true, CLOCK, CLOCK)
            )
        );
    }

    function testAChallengeNamesAClaimThatWasMade() public {
        _claim();
        for (uint256 field = 0; field < 6; field++) {
            Claim memory other = claimOf[_claimId(claimed)];
            if (field == 0) other.offer = keccak256("other");
            if (field == 1) other.submitter = bob;
            if (field == 2) other.source = bob;
            if (field == 3) other.first++;
            if (field == 4) other.count++;
            if (field == 5) other.root = keccak256("other");
            vm.expectRevert(
                abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, _claimId(other), ClaimStatus.None)
            );
            vm.prank(alice);
            pinpoint.challenge{value: CHALLENGE_BOND}(other, registration, request, leaf, 0);
        }
    }

    function testAChallengeIsAboutAnUndecidedClaim() public {
        bytes32 id = _claim();
        uint256 snapshot = vm.snapshotState();
        _concede(submitter, _challenge(alice));
        _notChallenged(
            bob,
            CHALLENGE_BOND,
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Fallen)
        );
        vm.revertToState(snapshot);
        skip(WINDOW);
        pinpoint.finalize(claimed);
        _notChallenged(
            bob,
            CHALLENGE_BOND,
            abi.encodeWithSelector(IPinpoint.ClaimNotOpen.selector, id, ClaimStatus.Finalized)
        );
    }

    function testAChallengeIsAboutTheClaimsRequestAndEnd() public {
        _claim();
        bytes32 root = claimed.root;
        leaf.end = END;
        _notChallenged(
            alice,
            CHALLENGE_BOND,
            abi.encodeWithSelector(IPinpoint.NotInClaim.selector, _leafHash(request, END), root)
        );
        leaf.end = _end();
        request.iterations--;
        _notChallenged(
            alice,
            CHALLENGE_BOND,
            abi.encodeWithSelector(IPinpoint.NotInClaim.selector, _leafHash(request, leaf.end), root)
        );
    }

    function testAChallengeBringsTheModel() public {
        _claim();
        registration.programRoot = keccak256("other");
        bytes memory call = _challengeCall();
        vm.prank(alice);
        (bool done, bytes memory result) = address(pinpoint).call{value: CHALLENGE_BOND}(call);
        assertFalse(done);
        assertEq(result, abi.encodeWithSelector(IPinpoint.NotTheModel.selector, _modelId(), model));
    }

    function _modelId() private view returns (bytes32) {
        bytes32 image = keccak256(
            abi.encodePacked(
                hex"21",
                registration.image.codeRoot,
                registration.image.dataRoot,
                registration.image.wasmHash,
                registration.image.loweringVersion
            )
        );
        return keccak256(
            abi.encodePacked(
                hex"22",
                registration.length,
                registration.maxIterations,
                registration.programRoot,
                registration.initialSlotsRoot,
                registration.slotTableRoot,
                image,
                registration.machineVersion
            )
        );
    }

    /// @dev The model's id binds these two only by the root that they come to.
    function testAChallengeBringsTheModelsOutputsAndTheRest() public {
        _claim();
        for (uint256 i = 0; i < 2; i++) {
            (bytes32 outputs, bytes32 rest) = (registration.outputsRoot, registration.rest);
            if (i == 0) registration.outputsRoot = keccak256("other");
            else registration.rest = keccak256("other");
            bytes32 left = keccak256(abi.encodePacked(_zero(35), registration.outputsRoot));
            bytes32 computed = keccak256(abi.encodePacked(left, registration.rest));
            _notChallenged(
                alice,
                CHALLENGE_BOND,
                abi.encodeWithSelector(
                    IRegistry.InitialSlotsRootMismatch.selector, computed, registration.initialSlotsRoot
                )
            );
            (registration.outputsRoot, registration.rest) = (outputs, rest);
        }
    }

    function testAChallengeBondIsExact() public {
        _claim();
        uint256[3] memory wrong = [uint256(0), CHALLENGE_BOND - 1, CHALLENGE_BOND + 1];
        for (uint256 i = 0; i < 3; i++) {
            _notChallenged(
                alice,
                wrong[i],
                abi.encodeWithSelector(IPinpoint.WrongBond.selector, wrong[i], CHALLENGE_BOND)
            );
        }
    }

    function testNobodyChallengesItself() public {
        _claim();
        _notChallenged(
            submitter, CHALLENGE_BOND, abi.encodeWithSelector(IPinpoint.SelfChallenge.selector, submitter)
        );
    }

    // Deployment.

    function testTheDeploymentsPartsHaveLimits() public {
        uint8[4] memory wrong = [0, 1, 15, 65];
        for (uint256 i = 0; i < wrong.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(IPinpoint.InvalidParameter.selector, "k", wrong[i], 16, 64)
            );
            this.create(wrong[i], registry, counting, graphArbiter);
        }
        assertEq(this.create(64, registry, counting, graphArbiter).K(), 64);
    }

    function testADeploymentsPartnersHaveCode() public {
        bytes memory noCode = abi.encodeWithSelector(IPinpoint.NoCode.selector, anyone);
        vm.expectRevert(noCode);
        this.create(16, registry, IArbiter(anyone), graphArbiter);
        vm.expectRevert(noCode);
        this.create(16, registry, counting, IGraphArbiter(anyone));
        vm.expectRevert(noCode);
        this.create(16, IRegistry(anyone), counting, graphArbiter);
    }

    function create(uint256 k, IRegistry registry_, IArbiter arbiter, IGraphArbiter graph)
        external
        returns (Pinpoint)
    {
        return new Pinpoint(k, registry_, arbiter, graph, anyone);
    }

    function testTheDeploymentIsWhatWasGiven() public view {
        assertEq(pinpoint.K(), 16);
        assertEq(address(pinpoint.REGISTRY()), address(registry));
        assertEq(pinpoint.DEMANDS(), address(demands));
        assertEq(address(pinpoint.ARBITER()), address(counting));
        assertEq(address(pinpoint.GRAPH_ARBITER()), address(graphArbiter));
        assertEq(address(demands.PINPOINT()), address(pinpoint));
    }

    function testDemandsThatAreNotHeardAreNotDeployed() public {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.OnlyDemands.selector, next));
        new Demands(pinpoint);
    }
}
