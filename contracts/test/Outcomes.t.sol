// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOutcomes, Provenance} from "../src/IOutcomes.sol";
import {IPinpoint} from "../src/IPinpoint.sol";
import {IRegistry} from "../src/IRegistry.sol";
import {Claim, ClaimStatus, Leaf, Registration, Request} from "../src/Types.sol";
import {Market} from "./utils/Market.sol";

/// @dev Models that are what a run came to.
contract OutcomesTest is Market {
    bytes32 private constant TRAINED = keccak256("trained weights");

    IOutcomes private outcomes;
    Registration private child;
    bytes32 private end;

    function setUp() public override {
        super.setUp();
        outcomes = IOutcomes(_create("Outcomes.sol:Outcomes", abi.encode(pinpoint, requests)));
        child = _registration(TRAINED);
        child.programRoot = keccak256("the program that uses the weights");
        end = keccak256(abi.encodePacked(uint8(0x12), TRAINED));
    }

    function _modelOf(Registration memory r) private pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x22),
                r.length,
                r.maxIterations,
                r.programRoot,
                r.initialSlotsRoot,
                r.slotTableRoot,
                keccak256(
                    abi.encodePacked(
                        uint8(0x21),
                        r.image.codeRoot,
                        r.image.dataRoot,
                        r.image.wasmHash,
                        r.image.loweringVersion
                    )
                ),
                r.machineVersion
            )
        );
    }

    /// @dev A final claim of two requests, the second of which came to the child.
    function _trained() private returns (Claim memory claim, Leaf memory leaf, Request memory request) {
        _ask();
        request = _ask();
        bytes32[] memory ends = _ends(2);
        ends[1] = end;
        claim = _claim(0, ends);
        _finalize(claim);
        leaf = _leaf(ends, 1);
    }

    function _expect(bytes memory reason, Claim memory claim, Leaf memory leaf, Request memory request)
        private
    {
        vm.expectRevert(reason);
        outcomes.register(registration, child, claim, leaf, request);
    }

    function testOutcomeOfAFinalRunIsRegisteredWithItsProvenance() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        bytes32 id = _modelOf(child);
        assertFalse(registry.isModel(id));
        vm.expectEmit(address(outcomes));
        emit IOutcomes.OutcomeRegistered(id, model, _idOf(claim), _hash(request));
        assertEq(outcomes.register(registration, child, claim, leaf, request), id);
        assertTrue(registry.isModel(id));
        Provenance memory provenance = outcomes.provenanceOf(id, model);
        assertEq(provenance.claimId, _idOf(claim));
        assertEq(provenance.requestHash, _hash(request));
        _expect(abi.encodeWithSelector(IOutcomes.OutcomeExists.selector, id, model), claim, leaf, request);
    }

    function testChildMayBeRegisteredAlready() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        bytes32 id = registry.register(child);
        outcomes.register(registration, child, claim, leaf, request);
        assertEq(outcomes.provenanceOf(id, model).claimId, _idOf(claim));
    }

    function testClaimMustBeFinal() public {
        Request memory request = _ask();
        bytes32[] memory ends = _one(end);
        Claim memory claim = _claim(0, ends);
        _expect(
            abi.encodeWithSelector(IOutcomes.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Open),
            claim,
            _leaf(ends, 0),
            request
        );
        _fell(claim, request, _leaf(ends, 0));
        _expect(
            abi.encodeWithSelector(IOutcomes.ClaimNotFinal.selector, _idOf(claim), ClaimStatus.Fallen),
            claim,
            _leaf(ends, 0),
            request
        );
    }

    function testEndMustBeTheClaimsAtThisPlace() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        leaf.index = 0;
        bytes32 held = requests.requestHash(offer, 0);
        _expect(
            abi.encodeWithSelector(IOutcomes.NotTheRequest.selector, _hash(request), held),
            claim,
            leaf,
            request
        );
        request.nonce = 0;
        bytes32 root = _node(end, leaf.siblings[0]);
        _expect(abi.encodeWithSelector(IOutcomes.NotInClaim.selector, root, claim.root), claim, leaf, request);
        leaf.index = 2;
        _expect(abi.encodeWithSelector(IPinpoint.PartOutOfRange.selector, 2, 2), claim, leaf, request);
    }

    function testPathsAreAsLongAsTheClaimsTree() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        leaf.siblings = new bytes32[](0);
        _expect(abi.encodeWithSelector(IPinpoint.WrongSiblingCount.selector, 0, 1), claim, leaf, request);
    }

    function testRunMustBeOfTheParent() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        registration.programRoot = keccak256("another program");
        _expect(
            abi.encodeWithSelector(IOutcomes.NotTheParent.selector, model, _modelOf(registration)),
            claim,
            leaf,
            request
        );
    }

    function testRunMustHaveEndedInTheChildsOutputs() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        Registration memory other = _registration(keccak256("other weights"));
        vm.expectRevert(
            abi.encodeWithSelector(
                IOutcomes.NotTheOutcome.selector,
                keccak256(abi.encodePacked(uint8(0x12), other.outputsRoot)),
                end
            )
        );
        outcomes.register(registration, other, claim, leaf, request);
    }

    function testAllElseIsTheParents() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        child.image.codeRoot = keccak256("other kernels");
        _expect(abi.encodeWithSelector(IOutcomes.NotTheParentsRest.selector, "image"), claim, leaf, request);
        child.image.codeRoot = registration.image.codeRoot;
        child.machineVersion = 2;
        _expect(
            abi.encodeWithSelector(IOutcomes.NotTheParentsRest.selector, "machineVersion"),
            claim,
            leaf,
            request
        );
        child.machineVersion = 1;
        child.rest = keccak256("other constants");
        _expect(abi.encodeWithSelector(IOutcomes.NotTheParentsRest.selector, "rest"), claim, leaf, request);
    }

    /// @dev A model's id binds the root of its slots and not the parts that are passed.
    function testPartsPassedAreTheModels() public {
        (Claim memory claim, Leaf memory leaf, Request memory request) = _trained();
        Registration memory right = child;
        child = _registration(keccak256("other weights"));
        bytes32 given = child.initialSlotsRoot;
        child.outputsRoot = TRAINED;
        _expect(
            abi.encodeWithSelector(
                IRegistry.InitialSlotsRootMismatch.selector, right.initialSlotsRoot, given
            ),
            claim,
            leaf,
            request
        );
        // Nor may a false parent lend its rest.
        child = right;
        child.rest = keccak256("other constants");
        child.initialSlotsRoot = _node(_node(_zero(35), TRAINED), child.rest);
        registration.rest = child.rest;
        vm.expectPartialRevert(IRegistry.InitialSlotsRootMismatch.selector);
        outcomes.register(registration, child, claim, leaf, request);
    }

    /// @dev A claim about a request that no contract holds.
    function _offChain(Request memory request) private returns (Claim memory claim, Leaf memory leaf) {
        bytes32 hash = keccak256(abi.encodePacked(uint8(0x28), _hash(request), end));
        bytes32[] memory hashes = _one(_hash(request));
        bytes32[] memory ends = _one(end);
        vm.prank(submitter);
        pinpoint.claimBatch{value: CLAIM_BOND}(offer, hashes, ends);
        claim = Claim(offer, submitter, address(0), 0, 1, hash);
        _finalize(claim);
        leaf = _leaf(ends, 0);
    }

    function testRunsAskedForOffTheChainCount() public {
        Request memory request = _requestOf(bob, 77, _order());
        (request.fee, request.deadline) = (0, 0);
        (Claim memory claim, Leaf memory leaf) = _offChain(request);
        bytes32 id = outcomes.register(registration, child, claim, leaf, request);
        assertEq(outcomes.provenanceOf(id, model).requestHash, _hash(request));
    }

    /// @dev Nobody may have looked at what nobody could have asked for.
    function testIllFormedRequestsDoNotCount() public {
        Request memory request = _requestOf(bob, 77, _order());
        (request.fee, request.deadline) = (0, 0);
        request.model = keccak256("another model");
        (Claim memory claim, Leaf memory leaf) = _offChain(request);
        _expect(
            abi.encodeWithSelector(IOutcomes.IllFormedRequest.selector, _hash(request)), claim, leaf, request
        );
    }

    mapping(uint64 number => bytes32) private _held;

    /// @dev This contract as a source that changes its mind.
    function requestHash(bytes32, uint64 number) external view returns (bytes32) {
        return _held[number];
    }

    function testRequestsOfAContractThatCouldSayAnythingDoNotCount() public {
        Request memory request = _requestOf(bob, 0, _order());
        vm.deal(address(this), CLAIM_BOND);
        pinpoint.claimFor{value: CLAIM_BOND}(offer, submitter, 0, 1, end);
        Claim memory claim = Claim(offer, submitter, address(this), 0, 1, end);
        _finalize(claim);
        _held[0] = _hash(request);
        _expect(
            abi.encodeWithSelector(IOutcomes.UnknownSource.selector, _idOf(claim), address(this)),
            claim,
            _leaf(_one(end), 0),
            request
        );
    }
}
