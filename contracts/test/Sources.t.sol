// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint, ISource} from "../src/IPinpoint.sol";
import {Claim, ClaimStatus, Game, Leaf, Request, Terms} from "../src/Types.sol";
import {Batches} from "./utils/Batches.sol";

/// @dev Holds requests in order, the first one under a number of its choice, and claims them for whoever asks.
contract Desk is ISource {
    error NoRequest(uint64 number);

    IPinpoint private immutable _pinpoint;
    uint64 private immutable _base;
    mapping(bytes32 offer => bytes32[]) private _hashes;

    constructor(IPinpoint pinpoint, uint64 base) {
        _pinpoint = pinpoint;
        _base = base;
    }

    function put(bytes32 offer, bytes32 hash) external {
        _hashes[offer].push(hash);
    }

    function claim(bytes32 offer, address submitter, uint64 first, uint32 count, bytes32 root)
        external
        payable
        returns (bytes32)
    {
        return _pinpoint.claimFor{value: msg.value}(offer, submitter, first, count, root);
    }

    /// @inheritdoc ISource
    function requestHash(bytes32 offer, uint64 number) external view returns (bytes32) {
        if (number < _base || number - _base >= _hashes[offer].length) revert NoRequest(number);
        return _hashes[offer][number - _base];
    }
}

/// @dev Claims of requests that a contract holds.
contract SourcesTest is Batches {
    Desk private desk;
    uint64 private first;

    function setUp() public override {
        super.setUp();
        _open(5);
    }

    /// @dev A desk whose first request has this number.
    function _open(uint64 base) private {
        desk = new Desk(pinpoint, base);
        first = base;
    }

    /// @dev Requests with a fee and a deadline, which their contract answers for.
    function _put(uint256 count) private {
        _prepare(count);
        for (uint256 i = 0; i < count; i++) {
            requests[i].fee = 3 ether;
            requests[i].deadline = uint64(START + 1 days);
            desk.put(offer, _requestHash(requests[i]));
        }
    }

    function _claimHeld() private returns (bytes32 claimId) {
        Claim memory made =
            Claim(offer, submitter, address(desk), first, uint32(runEnds.length), _root(runEnds));
        claimId = desk.claim{value: CLAIM_BOND}(offer, submitter, first, made.count, made.root);
        assertEq(claimId, _record(made));
    }

    function _turnToHeld(uint256 index) private {
        _turnToRequest(index);
        leaf = Leaf(uint32(index), runEnds[index], _path(runEnds, index));
    }

    function testAClaimOfHeldRequestsIsTheSubmitters() public {
        _put(3);
        bytes32 claimId = _claimHeld();
        assertEq(pinpoint.getClaim(claimId).submitter, submitter);
        skip(WINDOW);
        pinpoint.finalize(claimed);
        assertEq(_owed(submitter), CLAIM_BOND);
        assertEq(_owed(address(desk)), 0);
        _checkMoney();
    }

    function testEveryHeldRunCanBeChallenged() public {
        _put(5);
        _claimHeld();
        for (uint256 index = 0; index < 5; index++) {
            _turnToHeld(index);
            _dissect(_challenge(alice));
        }
        _checkMoney();
    }

    function testAFalseEndOfAHeldRequestIsConvicted() public {
        _put(3);
        _lie(7, 99);
        runEnds[1] = _end();
        bytes32 claimId = _claimHeld();
        _turnToHeld(1);
        Game memory game = _toInstruction(alice, _challenge(alice));
        _prove(anyone, game);
        _expectWon(game, claimId, false);
        _checkMoney();
    }

    function testAnotherNumbersRequestIsNotTheLeafs() public {
        _put(3);
        _claimHeld();
        _turnToHeld(1);
        request = requests[2];
        _notChallenged(
            alice,
            abi.encodeWithSelector(
                IPinpoint.NotTheRequest.selector, _requestHash(requests[2]), _requestHash(requests[1])
            )
        );
    }

    function testAClaimStartsAtItsFirstRequest() public {
        _put(5);
        // The last three of the five.
        first += 2;
        runEnds.pop();
        runEnds.pop();
        _claimHeld();
        _turnToHeld(0);
        _notChallenged(
            alice,
            abi.encodeWithSelector(
                IPinpoint.NotTheRequest.selector, _requestHash(requests[0]), _requestHash(requests[2])
            )
        );
        request = requests[2];
        _dissect(_challenge(alice));
    }

    function testTheEndsAreTheLeaves() public {
        _put(3);
        _claimHeld();
        _turnToHeld(1);
        leaf.end = keccak256("other");
        vm.expectPartialRevert(IPinpoint.NotInClaim.selector);
        vm.prank(alice);
        pinpoint.challenge{value: CHALLENGE_BOND}(claimed, registration, request, leaf, 0);
    }

    function testARequestThatItsContractDoesNotHoldIsNotChallenged() public {
        _put(2);
        // A third leaf without a request.
        runEnds.push(keccak256("end"));
        _claimHeld();
        request = requests[1];
        leaf = Leaf(2, runEnds[2], _path(runEnds, 2));
        _notChallenged(alice, abi.encodeWithSelector(Desk.NoRequest.selector, first + 2));
    }

    function testNumbersEndBelowTheirTypesLargest() public {
        _open(type(uint64).max - 3);
        _put(3);
        _claimHeld();
        _turnToHeld(2);
        _dissect(_challenge(alice));
        first++;
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.FirstOutOfRange.selector, first));
        desk.claim{value: CLAIM_BOND}(offer, submitter, first, 3, keccak256("root"));
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.FirstOutOfRange.selector, type(uint64).max));
        desk.claim{value: CLAIM_BOND}(offer, submitter, type(uint64).max, 1, keccak256("root"));
    }

    function testHeldBatchesHaveOneToFourThousandRuns() public {
        uint32[2] memory wrong = [uint32(0), 4097];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(IPinpoint.BatchSizeOutOfRange.selector, wrong[i], 4096));
            desk.claim{value: CLAIM_BOND}(offer, submitter, 0, wrong[i], keccak256("root"));
        }
        desk.claim{value: CLAIM_BOND}(offer, submitter, 0, 4096, keccak256("root"));
    }

    function testTheBondIsExact() public {
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.WrongBond.selector, CLAIM_BOND - 1, CLAIM_BOND));
        desk.claim{value: CLAIM_BOND - 1}(offer, submitter, 0, 1, keccak256("root"));
    }

    function testHeldRequestsAreClaimedForTheNamedSubmitterOnly() public {
        Terms memory terms = _terms();
        terms.submitter = submitter;
        offer = registry.offer(model, terms);
        _put(2);
        vm.expectRevert(abi.encodeWithSelector(IPinpoint.NotTheSubmitter.selector, alice, submitter));
        desk.claim{value: CLAIM_BOND}(offer, alice, first, 2, keccak256("root"));
        _claimHeld();
    }

    function testTheSubmitterOfAHeldClaimDoesNotChallengeIt() public {
        _put(2);
        _claimHeld();
        _turnToHeld(0);
        _notChallenged(submitter, abi.encodeWithSelector(IPinpoint.SelfChallenge.selector, submitter));
    }

    function testAHeldFeeConvictsNobody() public {
        _put(2);
        _claimHeld();
        _turnToHeld(0);
        _refused(
            alice,
            _convictCall(),
            abi.encodeWithSelector(IPinpoint.WellFormedRequest.selector, _requestHash(request))
        );
    }

    function testAHeldRequestThatCannotBeRunConvicts() public {
        for (uint256 way = 0; way < 3; way++) {
            _open(uint64(10 * way));
            _prepare(3);
            if (way == 0) requests[1].model = keccak256("another model");
            if (way == 1) requests[1].iterations = 0;
            if (way == 2) requests[1].iterations = ITERATIONS + 1;
            for (uint256 i = 0; i < 3; i++) {
                desk.put(offer, _requestHash(requests[i]));
            }
            bytes32 claimId = _claimHeld();
            _turnToHeld(1);
            _convict(alice);
            assertTrue(pinpoint.getClaim(claimId).status == ClaimStatus.Fallen);
        }
        _checkMoney();
    }
}
