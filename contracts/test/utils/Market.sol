// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDemands} from "../../src/IDemands.sol";
import {IPinpoint} from "../../src/IPinpoint.sol";
import {IRegistry} from "../../src/IRegistry.sol";
import {IRequests, Order} from "../../src/IRequests.sol";
import {Claim, ClaimStatus, Game, Image, Leaf, Registration, Request, Terms} from "../../src/Types.sol";
import {CountingArbiter} from "./CountingArbiter.sol";
import {Test} from "./Test.sol";

/// @dev All contracts, a model, offers of it, and what requesters, submitters and challengers do.
abstract contract Market is Test {
    uint256 internal constant CLAIM_BOND = 1 ether;
    uint256 internal constant CHALLENGE_BOND = 0.02 ether;
    uint256 internal constant WINDOW = 1 days;
    uint256 internal constant CLOCK = 6 hours;
    uint256 internal constant START = 1_700_000_000;
    uint32 internal constant MAX_ITERATIONS = 100;
    uint128 internal constant FEE = 0.001 ether;
    bytes32 internal constant INPUTS = keccak256("inputs");
    bytes32 internal constant FAILED = keccak256(hex"13");
    bytes32 internal constant SALT = keccak256("salt");
    bytes internal constant NOTHING = "";

    IRegistry internal registry;
    IPinpoint internal pinpoint;
    IDemands internal demands;
    IRequests internal requests;
    Registration internal registration;
    bytes32 internal model;
    /// @dev Only `submitter` may claim: no commitments.
    bytes32 internal offer;
    address internal submitter;
    address internal rival;
    address internal challenger;
    address internal alice;
    address internal bob;
    address internal anyone;
    /// @dev Read this and not block.timestamp, which compiled code may read before a warp.
    uint256 internal time = START;

    function setUp() public virtual {
        _deploy();
    }

    function _deploy() internal {
        vm.warp(START);
        vm.roll(1000);
        submitter = _funded("submitter");
        rival = _funded("rival");
        challenger = _funded("challenger");
        alice = _funded("alice");
        bob = _funded("bob");
        anyone = _funded("anyone");
        registry = IRegistry(_create("Registry.sol:Registry", abi.encode(1 hours, 1 hours, 1 gwei)));
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 3);
        CountingArbiter arbiter = new CountingArbiter(1000);
        address graphArbiter = _create("GraphArbiter.sol:GraphArbiter", NOTHING);
        pinpoint = IPinpoint(
            _create("Pinpoint.sol:Pinpoint", abi.encode(16, registry, arbiter, graphArbiter, next))
        );
        demands = IDemands(_create("Demands.sol:Demands", abi.encode(pinpoint)));
        requests = IRequests(_create("Requests.sol:Requests", abi.encode(pinpoint)));
        registration = _registration(keccak256("outputs"));
        model = registry.register(registration);
        offer = _offer(submitter, address(0), FEE, 0);
    }

    /// @dev From what has been compiled: `new` would compile the contract into every test again.
    function _create(string memory artifact, bytes memory arguments) internal returns (address made) {
        bytes memory code = abi.encodePacked(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
        assertTrue(made != address(0), artifact);
    }

    function _funded(string memory name) private returns (address account) {
        account = makeAddr(name);
        vm.deal(account, 1000 ether);
    }

    function _registration(bytes32 outputsRoot) internal pure returns (Registration memory) {
        bytes32 rest = keccak256("rest");
        return Registration({
            length: 3,
            maxIterations: MAX_ITERATIONS,
            programRoot: keccak256("program"),
            initialSlotsRoot: _node(_node(_zero(35), outputsRoot), rest),
            outputsRoot: outputsRoot,
            rest: rest,
            slotTableRoot: keccak256("table"),
            image: Image(keccak256("code"), keccak256("data"), keccak256("wasm"), 1),
            machineVersion: 1
        });
    }

    function _offer(address only, address token, uint128 fee, uint24 commitDelay) internal returns (bytes32) {
        return registry.offer(
            model,
            Terms({
                submitter: only,
                token: token,
                fee: fee,
                window: uint24(WINDOW),
                clock: uint24(CLOCK),
                increment: 60,
                descentIncrement: 600,
                commitDelay: commitDelay,
                claimBond: uint96(CLAIM_BOND),
                challengeBond: uint96(CHALLENGE_BOND),
                repayment: 0.0001 ether
            })
        );
    }

    function _pass(uint256 seconds_) internal {
        time += seconds_;
        vm.warp(time);
    }

    function _node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    function _zero(uint256 height) internal pure returns (bytes32 zero) {
        zero = keccak256(new bytes(128));
        for (uint256 i = 0; i < height; i++) {
            zero = _node(zero, zero);
        }
    }

    function _order() internal view returns (Order memory) {
        return Order({
            offer: offer,
            iterations: 1,
            inputsRoot: INPUTS,
            deadline: uint32(time + 1 days),
            fee: FEE,
            outputBytes: 0,
            outputSlot: 0,
            callbackGas: 0
        });
    }

    /// @dev As docs/protocol.md has it, with nothing of the contracts under test.
    function _hash(Request memory r) internal view returns (bytes32) {
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

    function _requestOf(address requester, uint64 number, Order memory order)
        internal
        view
        returns (Request memory)
    {
        return
            Request(requester, number, model, order.iterations, order.inputsRoot, order.fee, order.deadline);
    }

    /// @dev Pays in the chain's own coin.
    function _ask(address requester, Order memory order) internal returns (Request memory) {
        vm.prank(requester);
        uint64 number = requests.request{value: order.fee}(order, NOTHING, NOTHING);
        return _requestOf(requester, number, order);
    }

    function _ask() internal returns (Request memory) {
        return _ask(alice, _order());
    }

    /// @dev `count` ordinary requests.
    function _askMany(uint256 count) internal returns (Request[] memory made) {
        made = new Request[](count);
        for (uint256 i = 0; i < count; i++) {
            made[i] = _ask();
        }
    }

    function _ends(uint256 count) internal pure returns (bytes32[] memory ends) {
        ends = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            ends[i] = keccak256(abi.encode("end", i));
        }
    }

    function _one(bytes32 end) internal pure returns (bytes32[] memory ends) {
        ends = new bytes32[](1);
        ends[0] = end;
    }

    /// @dev Levels of the tree over ends, missing ones 0: its root is the only node of the last.
    function _levels(bytes32[] memory ends) private pure returns (bytes32[][] memory levels) {
        uint256 depth;
        while (2 ** depth < ends.length) depth++;
        levels = new bytes32[][](depth + 1);
        levels[0] = new bytes32[](2 ** depth);
        for (uint256 i = 0; i < ends.length; i++) {
            levels[0][i] = ends[i];
        }
        for (uint256 height = 1; height <= depth; height++) {
            levels[height] = new bytes32[](2 ** (depth - height));
            for (uint256 i = 0; i < levels[height].length; i++) {
                levels[height][i] = _node(levels[height - 1][2 * i], levels[height - 1][2 * i + 1]);
            }
        }
    }

    function _root(bytes32[] memory ends) internal pure returns (bytes32) {
        bytes32[][] memory levels = _levels(ends);
        return levels[levels.length - 1][0];
    }

    function _leaf(bytes32[] memory ends, uint256 index) internal pure returns (Leaf memory leaf) {
        bytes32[][] memory levels = _levels(ends);
        leaf.index = uint32(index);
        leaf.end = ends[index];
        leaf.siblings = new bytes32[](levels.length - 1);
        for (uint256 height = 0; height + 1 < levels.length; height++) {
            leaf.siblings[height] = levels[height][(index >> height) ^ 1];
        }
    }

    function _claimOf(address by, bytes32 under, uint64 first, bytes32[] memory ends)
        internal
        view
        returns (Claim memory)
    {
        return Claim(under, by, address(requests), first, uint32(ends.length), _root(ends));
    }

    function _idOf(Claim memory claim) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x24),
                block.chainid,
                address(pinpoint),
                claim.offer,
                claim.submitter,
                claim.source,
                claim.first,
                claim.count,
                claim.root
            )
        );
    }

    function _claim(address by, bytes32 under, uint64 first, bytes32[] memory ends)
        internal
        returns (Claim memory claim)
    {
        claim = _claimOf(by, under, first, ends);
        vm.prank(by);
        bytes32 id = requests.claimBatch{value: CLAIM_BOND}(under, first, ends, SALT);
        assertEq(id, _idOf(claim), "claim id");
    }

    function _claim(uint64 first, bytes32[] memory ends) internal returns (Claim memory) {
        return _claim(submitter, offer, first, ends);
    }

    function _expectClaim(bytes memory reason, uint64 first, bytes32[] memory ends) internal {
        vm.prank(submitter);
        vm.expectRevert(reason);
        requests.claimBatch{value: CLAIM_BOND}(offer, first, ends, SALT);
    }

    function _commit(address by, bytes32 under, uint64 first, bytes32[] memory ends) internal {
        bytes32 commitment = requests.commitmentOf(under, by, first, uint32(ends.length), _root(ends), SALT);
        vm.prank(by);
        requests.commit(commitment);
    }

    function _finalize(Claim memory claim) internal {
        _pass(WINDOW);
        pinpoint.finalize(claim);
    }

    /// @dev A claim of one end, final.
    function _finalClaim(uint64 number, bytes32 end) internal returns (Claim memory claim) {
        claim = _claim(number, _one(end));
        _finalize(claim);
    }

    /// @dev A challenger disputes a leaf, and the submitter has no answer.
    function _fell(Claim memory claim, Request memory request, Leaf memory leaf) internal {
        vm.prank(challenger);
        pinpoint.challenge{value: CHALLENGE_BOND}(claim, registration, request, leaf, 0);
        Game memory game;
        game.claimId = _idOf(claim);
        game.challenger = challenger;
        game.iterations = request.iterations;
        game.hi = 3 * request.iterations + 1;
        game.loHash = keccak256(
            abi.encodePacked(
                uint8(0x11),
                uint64(0),
                _node(_node(request.inputsRoot, registration.outputsRoot), registration.rest)
            )
        );
        game.hiHash = leaf.end;
        game.code = model;
        _pass(CLOCK);
        vm.prank(challenger);
        pinpoint.timeout(claim, game);
        assertTrue(pinpoint.getClaim(_idOf(claim)).status == ClaimStatus.Fallen, "stands");
    }

    /// @dev Root of an outputs group with `content`, up to 128 bytes, in slot 0 and nothing else; and its end.
    function _done(bytes memory content) internal pure returns (bytes32 end) {
        bytes memory leaf = new bytes(128);
        for (uint256 i = 0; i < content.length; i++) {
            leaf[i] = content[i];
        }
        bytes32 root = keccak256(leaf);
        for (uint256 height = 0; height < 35; height++) {
            root = _node(root, _zero(height));
        }
        return keccak256(abi.encodePacked(uint8(0x12), root));
    }
}
