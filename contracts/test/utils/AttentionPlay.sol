// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Attention} from "../../src/Attention.sol";
import {GraphArbiter} from "../../src/GraphArbiter.sol";
import {IArbiter} from "../../src/IArbiters.sol";
import {IAttention, Outcome, Pool, Round, RoundState, Verdict, Verifier} from "../../src/IAttention.sol";
import {IPinpoint, ISource} from "../../src/IPinpoint.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Registry} from "../../src/Registry.sol";
import {Claim, Game, Image, Leaf, Registration, Request, Terms} from "../../src/Types.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @dev Holds numbered requests, and claims for whoever asks.
contract Requests is ISource {
    IPinpoint private immutable _pinpoint;
    bytes32[] private _hashes;

    constructor(IPinpoint pinpoint) {
        _pinpoint = pinpoint;
    }

    function add(bytes32 hash) external {
        _hashes.push(hash);
    }

    function requestHash(bytes32, uint64 number) external view returns (bytes32) {
        return number < _hashes.length ? _hashes[number] : bytes32(0);
    }

    function claim(bytes32 offer, uint64 first, uint32 count, bytes32 root) external payable {
        _pinpoint.claimFor{value: msg.value}(offer, msg.sender, first, count, root);
    }
}

/// @dev A submitter, verifiers with keys, and every move of a round. Hashes and points are computed here from the specification.
abstract contract AttentionPlay is Test {
    uint256 internal constant START = 1_700_000_000;
    uint256 internal constant START_BLOCK = 1_000_000;
    uint256 internal constant CLAIM_BOND = 1 ether;
    uint256 internal constant CHALLENGE_BOND = 0.2 ether;
    uint24 internal constant WINDOW = 1 days;
    uint24 internal constant CLOCK = 6 hours;
    uint256 internal constant REWARD = 0.01 ether;
    uint256 internal constant PENALTY = 0.16 ether;
    uint256 internal constant STAKE = 0.4 ether;
    uint24 internal constant RESPONSE = 1 hours;
    uint24 internal constant REVEAL = 1 hours;
    uint24 internal constant HOLD = 4 days;
    uint256 internal constant SEED_DELAY = 8;
    uint256 internal constant ORDER =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant R = uint256(keccak256("r")) % ORDER;
    bytes32 internal constant SALT = keccak256("salt");

    Registry internal registry;
    Pinpoint internal pinpoint;
    Attention internal attention;
    Requests internal requests;
    Registration internal registration;
    bytes32 internal offer;
    /// @dev Every ticket wins.
    bytes32 internal pool;
    Request[] internal asked;
    /// @dev True ends of the requests.
    bytes32[] internal ends;
    address internal submitter;
    address internal alice;
    address internal bob;
    address internal carol;
    address internal anyone;
    mapping(address account => uint256) internal keys;
    /// @dev Rounds and verifiers, to count their money.
    Round[] internal announced;
    address[] internal players;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(START_BLOCK);
        submitter = _player("submitter");
        alice = _player("alice");
        bob = _player("bob");
        carol = _player("carol");
        anyone = _player("anyone");
        registry = new Registry(1 hours, 10 minutes, 0.001 ether);
        GraphArbiter graph = new GraphArbiter();
        // No game here comes to its last step.
        pinpoint = new Pinpoint(16, registry, IArbiter(address(graph)), graph, address(1));
        attention = new Attention(pinpoint);
        requests = new Requests(pinpoint);
        offer = _offer(submitter);
        pool = attention.openPool(_pool(1));
        for (uint64 i = 0; i < 4; i++) {
            Request memory request =
                Request(anyone, i, _modelId(), 1, keccak256(abi.encode("inputs", i)), 0, 0);
            asked.push(request);
            requests.add(_requestHash(request));
            ends.push(keccak256(abi.encode("end", i)));
        }
    }

    function _player(string memory name) internal returns (address account) {
        account = makeAddr(name);
        vm.deal(account, 1000 ether);
        keys[account] = uint256(keccak256(bytes(name))) % ORDER;
        players.push(account);
    }

    function _offer(address only) internal returns (bytes32) {
        bytes32 rest = keccak256("rest");
        bytes32 outputs = keccak256("outputs");
        bytes32 zero = keccak256(new bytes(128));
        for (uint256 i = 0; i < 35; i++) {
            zero = keccak256(abi.encodePacked(zero, zero));
        }
        bytes32 initial = keccak256(abi.encodePacked(keccak256(abi.encodePacked(zero, outputs)), rest));
        registration = Registration({
            length: 100,
            maxIterations: 10,
            programRoot: keccak256("program"),
            initialSlotsRoot: initial,
            outputsRoot: outputs,
            rest: rest,
            slotTableRoot: keccak256("table"),
            image: Image(keccak256("code"), keccak256("data"), keccak256("wasm"), 1),
            machineVersion: 1
        });
        if (!registry.isModel(_modelId())) registry.register(registration);
        return registry.offer(
            _modelId(),
            Terms({
                submitter: only,
                token: address(0),
                fee: 0,
                window: WINDOW,
                clock: CLOCK,
                increment: 60,
                descentIncrement: 600,
                commitDelay: 0,
                claimBond: uint96(CLAIM_BOND),
                challengeBond: uint96(CHALLENGE_BOND),
                repayment: 0.001 ether
            })
        );
    }

    function _modelId() internal view returns (bytes32) {
        Image memory image = registration.image;
        bytes32 imageId = keccak256(
            abi.encodePacked(
                uint8(0x21), image.codeRoot, image.dataRoot, image.wasmHash, image.loweringVersion
            )
        );
        return keccak256(
            abi.encodePacked(
                uint8(0x22),
                registration.length,
                registration.maxIterations,
                registration.programRoot,
                registration.initialSlotsRoot,
                registration.slotTableRoot,
                imageId,
                registration.machineVersion
            )
        );
    }

    function _requestHash(Request memory r) internal view returns (bytes32) {
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

    function _pool(uint32 oneIn) internal view returns (Pool memory) {
        return Pool({
            offer: offer,
            source: address(requests),
            mostRuns: 64,
            places: 3,
            oneIn: oneIn,
            reward: uint96(REWARD),
            penalty: uint96(PENALTY),
            responsePeriod: RESPONSE,
            revealPeriod: REVEAL,
            stake: uint96(STAKE),
            hold: HOLD
        });
    }

    /// @dev k times a point.
    function _times(uint256 x, uint256 y, uint256 k) internal view returns (uint256, uint256) {
        (bool done, bytes memory point) = address(7).staticcall(abi.encode(x, y, k));
        assertTrue(done, "no point");
        return abi.decode(point, (uint256, uint256));
    }

    function _enroll(address account) internal {
        (uint256 x, uint256 y) = _times(1, 2, keys[account]);
        vm.prank(account);
        attention.enroll{value: STAKE}(pool, x, y);
    }

    /// @dev Root of the two ends of requests 0 and 1.
    function _root() internal view returns (bytes32) {
        return keccak256(abi.encodePacked(ends[0], ends[1]));
    }

    function _round(bytes32 root, uint256 r) internal view returns (Round memory round) {
        round = Round(pool, submitter, 0, 2, 0, 0, 0);
        (round.x, round.y) = _times(1, 2, r);
        round.commitment = keccak256(
            abi.encode(
                uint8(0x33),
                block.chainid,
                address(attention),
                submitter,
                pool,
                uint64(0),
                uint32(2),
                root,
                SALT
            )
        );
    }

    function _announce() internal returns (Round memory) {
        return _announce(_root(), R);
    }

    function _announce(bytes32 root, uint256 r) internal returns (Round memory round) {
        round = _round(root, r);
        uint256 deposit = attention.depositOf(pool);
        vm.prank(submitter);
        bytes32 id = attention.announce{value: deposit}(
            pool, round.first, round.count, round.commitment, round.x, round.y
        );
        assertEq(id, _id(round), "round id");
        announced.push(round);
    }

    function _id(Round memory round) internal view returns (bytes32) {
        return keccak256(abi.encode(uint8(0x32), block.chainid, address(attention), round));
    }

    function _draw(Round memory round) internal {
        vm.roll(attention.getRound(_id(round)).seedBlock + 1);
        attention.draw(round);
    }

    /// @dev What the owner of a key answers, who knows the root: by its own half of the secret.
    function _answer(Round memory round, bytes32 root, address account) internal view returns (bytes32) {
        (uint256 x, uint256 y) = _times(round.x, round.y, keys[account]);
        return keccak256(abi.encode(uint8(0x35), _id(round), x, y, root, account));
    }

    function _respond(Round memory round, address account) internal {
        _respond(round, account, _answer(round, _root(), account));
    }

    function _respond(Round memory round, address account, bytes32 answer) internal {
        vm.prank(account);
        attention.respond(round, answer);
    }

    function _claim(bytes32 root) internal returns (Claim memory) {
        vm.prank(submitter);
        requests.claim{value: CLAIM_BOND}(offer, 0, 2, root);
        return Claim(offer, submitter, address(requests), 0, 2, root);
    }

    /// @dev Claims and reveals, once answers are closed.
    function _reveal(Round memory round) internal returns (Claim memory) {
        return _reveal(round, _root(), R);
    }

    function _reveal(Round memory round, bytes32 root, uint256 r) internal returns (Claim memory claim) {
        vm.warp(attention.getRound(_id(round)).respondUntil);
        claim = _claim(root);
        attention.reveal(round, root, SALT, r);
    }

    function _finalize(Claim memory claim) internal {
        vm.warp(block.timestamp + WINDOW);
        pinpoint.finalize(claim);
    }

    /// @dev Somebody challenges, and the submitter never moves.
    function _fell(Claim memory claim, bytes32 firstEnd) internal {
        Leaf memory leaf = Leaf(0, firstEnd, new bytes32[](1));
        leaf.siblings[0] = ends[1];
        vm.recordLogs();
        vm.prank(carol);
        pinpoint.challenge{value: CHALLENGE_BOND}(claim, registration, asked[0], leaf, 0);
        Game memory game = _opened(claim, firstEnd);
        vm.warp(block.timestamp + CLOCK);
        pinpoint.timeout(claim, game);
    }

    /// @dev The game that Challenged tells of.
    function _opened(Claim memory claim, bytes32 end) private returns (Game memory game) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] != IPinpoint.Challenged.selector) continue;
            (,,, Request memory request, uint64 length, bytes32 start,,,,) = abi.decode(
                logs[i].data,
                (address, uint32, uint32, Request, uint64, bytes32, bytes32, bool, uint32, uint32)
            );
            game.claimId = pinpoint.claimIdOf(claim);
            game.challenger = carol;
            game.iterations = request.iterations;
            game.hi = length;
            game.loHash = start;
            game.hiHash = end;
            game.code = request.model;
        }
    }

    function _judge(Round memory round, address account) internal {
        vm.prank(anyone);
        attention.judge(round, _root(), R, account);
    }

    /// @dev A round from its announcement to the claim's end, in which these verifiers answer.
    function _play(address[] memory responders) internal returns (Round memory round) {
        round = _announce();
        _draw(round);
        for (uint256 i = 0; i < responders.length; i++) {
            _respond(round, responders[i]);
        }
        _finalize(_reveal(round));
    }

    function _only(address account) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function _owed(address account) internal view returns (uint256) {
        return attention.withdrawable(account);
    }

    /// @dev What the contract holds is what it owes, what is staked, what open rounds hold, and what is burned.
    function _checkSums() internal view {
        uint256 sum = attention.burned();
        for (uint256 i = 0; i < players.length; i++) {
            sum += _owed(players[i]) + attention.getVerifier(pool, players[i]).stake;
        }
        for (uint256 i = 0; i < announced.length; i++) {
            sum += _held(announced[i]);
        }
        assertEq(address(attention).balance, sum, "balance");
    }

    /// @dev Of a round's deposit: what it hasn't paid yet.
    function _held(Round memory round) private view returns (uint256 held) {
        bytes32 id = _id(round);
        RoundState memory state = attention.getRound(id);
        held = state.closed ? 0 : (state.enrolled - state.answers) * REWARD + PENALTY;
        for (uint256 i = 0; i < players.length; i++) {
            // An answer that is judged leaves a mark, 2, in its place.
            bytes32 slot = keccak256(abi.encode(players[i], keccak256(abi.encode(id, uint256(5)))));
            if (uint256(vm.load(address(attention), slot)) > 2) held += REWARD;
        }
    }
}
