// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demands} from "../../src/Demands.sol";
import {GraphArbiter} from "../../src/GraphArbiter.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Registry} from "../../src/Registry.sol";
import {
    Claim,
    ClaimState,
    ClaimStatus,
    Descent,
    Game,
    GameState,
    GameStatus,
    Leaf,
    Request,
    Terms
} from "../../src/Types.sol";
import {VM, Vm} from "../utils/Vm.sol";
import {Trace} from "./Trace.sol";

/// @dev What forge calls at random: claims, challenges, moves, time. Two parties are honest and always in time: a submitter who claims what
/// is true, and a checker who challenges what isn't. All others do what they like: a liar, its two other identities, and a stranger.
contract Handler is Trace {
    Vm private constant vm = VM;
    uint256 public constant CLAIM_BOND = 1 ether;
    uint256 public constant CHALLENGE_BOND = 0.2 ether;
    uint256 public constant REPAYMENT = 0.0025 ether;
    uint256 public constant WINDOW = 1 days;
    uint256 public constant CLOCK = 2 hours;
    uint256 public constant INCREMENT = 60;
    uint256 public constant DESCENT_INCREMENT = 600;
    uint256 private constant MOST_CLAIMS = 5;
    uint256 private constant MOST_GAMES = 14;

    struct Played {
        uint256 claim;
        Game game;
        /// The submitter's hashes of the last dissection.
        bytes32[] ends;
        uint64 graphStep;
        uint256 opened;
        bool over;
    }

    struct Claimed {
        Claim claim;
        Request request;
        uint256 variant;
        uint256 made;
        bool checked;
        bool over;
    }

    Registry public registry;
    Pinpoint public pinpoint;
    Demands public demands;
    bytes32 public offer;
    bytes32 public model;
    address[] public accounts;
    address public immutable honest;
    address public immutable checker;
    address public immutable liar;

    Claimed[] private _claims;
    Played[] private _games;
    /// @dev Repayments of the checker's moves in games that it won, or that became moot and had a repaid place.
    uint256 public checkerDue;
    mapping(string name => uint256) public counts;
    uint256 private _now;

    constructor() {
        _now = 1_700_000_000;
        vm.warp(_now);
        string[6] memory names = ["honest", "checker", "liar", "sham", "second sham", "stranger"];
        for (uint256 i = 0; i < names.length; i++) {
            address account = vm.addr(uint256(keccak256(bytes(names[i]))));
            vm.label(account, names[i]);
            vm.deal(account, 10_000 ether);
            accounts.push(account);
        }
        (honest, checker, liar) = (accounts[0], accounts[1], accounts[2]);
        _computeTrace();
        registry = new Registry(1 hours, 10 minutes, REPAYMENT);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        GraphArbiter graphArbiter = new GraphArbiter();
        pinpoint = new Pinpoint(K, registry, counting, graphArbiter, next);
        demands = new Demands(pinpoint);
        model = registry.register(registration);
        offer = registry.offer(
            model,
            Terms({
                submitter: address(0),
                token: address(0),
                fee: 0,
                window: uint24(WINDOW),
                clock: uint24(CLOCK),
                increment: uint24(INCREMENT),
                descentIncrement: uint24(DESCENT_INCREMENT),
                commitDelay: 0,
                claimBond: uint96(CLAIM_BOND),
                challengeBond: uint96(CHALLENGE_BOND),
                repayment: uint96(REPAYMENT)
            })
        );
    }

    // What forge calls.

    function claim(uint256 kind) external {
        if (_claims.length == MOST_CLAIMS) return;
        uint256 variant = kind % 3 == 0 ? TRUTH : 1 + kind / 3 % (VARIANTS - 1);
        address submitter = variant == TRUTH ? honest : liar;
        Request memory request =
            Request(submitter, uint64(_claims.length), model, ITERATIONS, inputsRoot, 0, 0);
        bytes32 end = _end(variant);
        vm.prank(submitter);
        pinpoint.claim{value: CLAIM_BOND}(offer, request, end, "");
        bytes32 requestHash = keccak256(
            abi.encodePacked(
                uint8(0x23),
                block.chainid,
                address(pinpoint),
                request.requester,
                request.nonce,
                request.model,
                request.iterations,
                request.inputsRoot,
                request.fee,
                request.deadline
            )
        );
        bytes32 root = keccak256(abi.encodePacked(uint8(0x28), requestHash, end));
        _claims.push(
            Claimed(Claim(offer, submitter, address(0), 0, 1, root), request, variant, _now, false, false)
        );
        counts["claims"]++;
    }

    function challenge(uint256 claimSeed, uint256 who) external {
        if (_claims.length == 0 || _games.length == MOST_GAMES) return;
        uint256 c = claimSeed % _claims.length;
        // Shams and the stranger; the checker has its own mind.
        _challenge(c, accounts[3 + who % 3]);
    }

    /// @dev One move in a game by whoever's turn it is, honest or not.
    function move(uint256 gameSeed, uint256 seed) external {
        // The next game that isn't over, and as many moves of it as fit into a turn of both sides.
        for (uint256 i = 0; i < _games.length; i++) {
            uint256 at = (gameSeed % _games.length + i) % _games.length;
            if (!_live(_games[at])) continue;
            for (uint256 turn = 0; turn < 1 + seed % 3; turn++) {
                _move(at, uint256(keccak256(abi.encode(seed, turn))));
            }
            return;
        }
    }

    function concede(uint256 gameSeed, bool bySubmitter) external {
        if (_games.length == 0) return;
        Played storage played = _games[gameSeed % _games.length];
        if (!_live(played)) return;
        Claimed storage claimed = _claims[played.claim];
        address by = bySubmitter ? claimed.claim.submitter : played.game.challenger;
        // The honest have no reason to.
        if (by == honest || by == checker) return;
        vm.prank(by);
        try pinpoint.concede(claimed.claim, played.game) {
            _over(played);
            counts["conceded"]++;
        } catch {}
    }

    function timeout(uint256 gameSeed) external {
        if (_games.length == 0) return;
        _timeout(gameSeed % _games.length);
    }

    /// @dev Time goes by; before it does, the honest do what they have to.
    function pass(uint256 seconds_) external {
        beHonest();
        _now += seconds_ % (CLOCK + 1);
        vm.warp(_now);
    }

    function finalize(uint256 claimSeed) external {
        if (_claims.length == 0) return;
        _finalize(claimSeed % _claims.length);
    }

    function settle(uint256 gameSeed) external {
        if (_games.length == 0) return;
        _settle(gameSeed % _games.length);
    }

    function withdraw(uint256 who) external {
        address account = accounts[who % accounts.length];
        if (pinpoint.withdrawable(account) == 0) return;
        vm.prank(account);
        pinpoint.withdraw();
    }

    function repeatAnswer(uint256 gameSeed, uint256 otherSeed) external {
        if (_games.length < 2) return;
        Played storage played = _games[gameSeed % _games.length];
        Played storage other = _games[otherSeed % _games.length];
        if (!_live(played) || played.game.turn != 0 || other.game.turn != 1) return;
        Game memory next = other.game;
        vm.prank(accounts[5]);
        try pinpoint.repeatAnswer(played.game, next) {
            // Only the same position of the same claim has this answer.
            next.challenger = played.game.challenger;
            next.number = played.game.number;
            next.iterations = played.game.iterations;
            if (next.level != played.game.level) played.graphStep = played.game.lo;
            played.game = next;
            played.ends = other.ends;
            counts["repeated"]++;
        } catch {}
    }

    // What the honest do, and what ends a run.

    /// @dev The checker challenges what is false, and both honest parties answer wherever it is their turn.
    function beHonest() public {
        for (uint256 c = 0; c < _claims.length; c++) {
            Claimed storage claimed = _claims[c];
            if (claimed.over || claimed.checked || claimed.variant == TRUTH) continue;
            claimed.checked = true;
            _challenge(c, checker);
        }
        for (uint256 i = 0; i < _games.length; i++) {
            Played storage played = _games[i];
            if (!_live(played)) continue;
            bool honestTurn = played.game.turn == 0
                ? _claims[played.claim].claim.submitter == honest
                : played.game.challenger == checker;
            if (honestTurn) _move(i, 1);
        }
    }

    /// @dev Plays everything to its end: the honest in time, all others no more.
    function finish() external {
        for (uint256 round = 0; round < 16; round++) {
            beHonest();
            _now += CLOCK + 20 * INCREMENT + 2 * DESCENT_INCREMENT;
            vm.warp(_now);
            for (uint256 i = 0; i < _games.length; i++) {
                _timeout(i);
            }
        }
        for (uint256 i = 0; i < _games.length; i++) {
            _settle(i);
        }
        for (uint256 c = 0; c < _claims.length; c++) {
            _finalize(c);
        }
        for (uint256 i = 0; i < accounts.length; i++) {
            if (pinpoint.withdrawable(accounts[i]) == 0) continue;
            vm.prank(accounts[i]);
            pinpoint.withdraw();
        }
    }

    // Views for the invariants.

    function claimCount() external view returns (uint256) {
        return _claims.length;
    }

    function gameCount() external view returns (uint256) {
        return _games.length;
    }

    function claimAt(uint256 c) external view returns (Claimed memory) {
        return _claims[c];
    }

    function gameAt(uint256 i) external view returns (Played memory) {
        return _games[i];
    }

    function claimId(uint256 c) public view returns (bytes32) {
        return pinpoint.claimIdOf(_claims[c].claim);
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    function gameId(uint256 i) public view returns (bytes32) {
        return _gameId(_games[i].game);
    }

    function _gameId(Game memory game) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x25), block.chainid, address(pinpoint), game.claimId, game.challenger, game.number
            )
        );
    }

    // The moves.

    function _challenge(uint256 c, address challenger) private {
        Claimed storage claimed = _claims[c];
        bytes32 end = _end(claimed.variant);
        ClaimState memory state = pinpoint.getClaim(claimId(c));
        vm.prank(challenger);
        try pinpoint.challenge{value: CHALLENGE_BOND}(
            claimed.claim, registration, claimed.request, Leaf(0, end, new bytes32[](0))
        ) {
            Played storage played = _games.push();
            played.claim = c;
            played.opened = _now;
            played.game = Game({
                claimId: claimId(c),
                challenger: challenger,
                number: state.games,
                iterations: ITERATIONS,
                level: 0,
                turn: 0,
                lo: 0,
                hi: LENGTH,
                loHash: truth[0],
                hiHash: end,
                dissection: 0,
                code: model
            });
            counts["challenges"]++;
        } catch {}
    }

    function _live(Played storage played) private view returns (bool) {
        return !played.over && !_claims[played.claim].over;
    }

    function _move(uint256 i, uint256 seed) private {
        Played storage played = _games[i];
        if (!_live(played)) return;
        if (played.game.turn == 1) _select(played, seed);
        else if (played.game.hi - played.game.lo > 1) _dissect(played, seed);
        else if (played.game.level == 0) _descend(played, seed);
        else _prove(played);
    }

    function _hash(Played storage played, uint64 position) private view returns (bytes32) {
        uint256 variant = _claims[played.claim].variant;
        return played.game.level == 0
            ? _graphHash(variant, position)
            : _machineHash(variant, played.graphStep, position);
    }

    function _endsOf(Played storage played, Game memory game) private view returns (bytes32[] memory ends) {
        ends = new bytes32[](_parts(game));
        for (uint64 part = 0; part + 1 < ends.length; part++) {
            ends[part] = _hash(played, _partEnd(game, part));
        }
        ends[ends.length - 1] = game.hiHash;
    }

    function _inner(bytes32[] memory ends) private pure returns (bytes32[] memory inner) {
        inner = new bytes32[](ends.length - 1);
        for (uint256 i = 0; i < inner.length; i++) {
            inner[i] = ends[i];
        }
    }

    /// @dev All levels of the tree over a dissection: 16 leaves, then 8, 4, 2, 1.
    function _tree(bytes32[] memory ends) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](31);
        for (uint256 i = 0; i < ends.length; i++) {
            nodes[i] = ends[i];
        }
        uint256 from = 0;
        uint256 to = 16;
        for (uint256 count = 16; count > 1; count /= 2) {
            for (uint256 i = 0; i < count; i += 2) {
                nodes[to++] = keccak256(abi.encodePacked(nodes[from + i], nodes[from + i + 1]));
            }
            from += count;
        }
    }

    function _dissect(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        bytes32[] memory ends = _endsOf(played, game);
        vm.prank(_claims[played.claim].claim.submitter);
        try pinpoint.dissect(game, _inner(ends), seed % 2 == 0) {
            game.turn = 1;
            game.dissection = _tree(ends)[30];
            played.game = game;
            played.ends = ends;
            counts["dissections"]++;
        } catch {}
    }

    /// @dev The checker takes the first part whose end isn't true. Others take any.
    function _select(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        bytes32[] memory ends = played.ends;
        uint64 part = uint64(seed % ends.length);
        if (game.challenger == checker) {
            for (part = 0; part + 1 < ends.length; part++) {
                uint64 position = _partEnd(game, part);
                bytes32 own =
                    game.level == 0 ? truth[position] : _trueState(played.graphStep, position);
                if (ends[part] != own) break;
            }
        }
        bytes32 loHash = part == 0 ? game.loHash : ends[part - 1];
        bytes32[] memory siblings = _siblings(ends, part);
        vm.prank(game.challenger);
        try pinpoint.select(game, uint8(part), loHash, ends[part], siblings) {
            (game.lo, game.hi) = (part == 0 ? game.lo : _partEnd(game, part - 1), _partEnd(game, part));
            (game.loHash, game.hiHash) = (loHash, ends[part]);
            game.turn = 0;
            game.dissection = 0;
            played.game = game;
            counts["selections"]++;
        } catch {}
    }

    function _siblings(bytes32[] memory ends, uint256 part) private pure returns (bytes32[] memory siblings) {
        bytes32[] memory nodes = _tree(ends);
        siblings = new bytes32[](8);
        uint256 count;
        uint256 low = part == 0 ? 0 : part - 1;
        uint256 from;
        for (uint256 width = 16; width > 1; width /= 2) {
            if (low == part) {
                siblings[count++] = nodes[from + (part ^ 1)];
            } else if (low / 2 != part / 2) {
                siblings[count++] = nodes[from + (low ^ 1)];
                siblings[count++] = nodes[from + (part ^ 1)];
            }
            from += width;
            low /= 2;
            part /= 2;
        }
        assembly {
            mstore(siblings, count)
        }
    }

    function _descend(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        Claimed storage claimed = _claims[played.claim];
        Descent memory descent = _descent(claimed.variant, game.lo);
        bytes32[] memory ends;
        Game memory next = game;
        uint64 step = game.lo;
        if (step < CALLS) {
            next = abi.decode(abi.encode(game), (Game));
            (next.level, next.lo, next.hi, next.code) = (1, 0, RUN, CODE_ROOT);
            next.loHash = starts[step];
            next.hiHash = _machineHash(claimed.variant, step, RUN);
            ends = new bytes32[](_parts(next));
            for (uint64 part = 0; part + 1 < ends.length; part++) {
                ends[part] = _machineHash(claimed.variant, step, _partEnd(next, part));
            }
            ends[ends.length - 1] = next.hiHash;
            next.turn = 1;
            next.dissection = _tree(ends)[30];
        } else {
            ends = new bytes32[](1);
        }
        bytes32[] memory inner = _inner(ends);
        vm.prank(claimed.claim.submitter);
        try pinpoint.descend(game, registration, descent, inner, seed % 2 == 0) {
            counts["descents"]++;
            if (step == CALLS) {
                _over(played);
                return;
            }
            played.graphStep = step;
            played.game = next;
            played.ends = ends;
        } catch {}
    }

    function _prove(Played storage played) private {
        bytes memory witness = abi.encode(starts[played.graphStep]);
        vm.prank(accounts[5]);
        try pinpoint.prove(_claims[played.claim].claim, played.game, witness) {
            _over(played);
            counts["proofs"]++;
        } catch {}
    }

    function _timeout(uint256 i) private {
        Played storage played = _games[i];
        if (!_live(played)) return;
        vm.prank(accounts[5]);
        try pinpoint.timeout(_claims[played.claim].claim, played.game) {
            _over(played);
            counts["timeouts"]++;
        } catch {}
    }

    function _finalize(uint256 c) private {
        Claimed storage claimed = _claims[c];
        if (claimed.over) return;
        try pinpoint.finalize(claimed.claim) {
            claimed.over = true;
            counts["finalized"]++;
        } catch {}
    }

    function _settle(uint256 i) private {
        Played storage played = _games[i];
        if (played.over) return;
        GameState memory before = pinpoint.getGame(gameId(i));
        try pinpoint.settle(_claims[played.claim].claim, played.game) {
            played.over = true;
            counts["settled"]++;
            if (played.game.challenger == checker && before.repaid) {
                checkerDue += REPAYMENT * before.moves;
            }
        } catch {}
    }

    /// @dev A game has been decided, and perhaps its claim with it.
    function _over(Played storage played) private {
        played.over = true;
        bytes32 id = _gameId(played.game);
        GameState memory state = pinpoint.getGame(id);
        ClaimStatus status = pinpoint.getClaim(played.game.claimId).status;
        if (status == ClaimStatus.Fallen) _claims[played.claim].over = true;
        if (played.game.challenger == checker && state.status == GameStatus.ChallengerWon) {
            checkerDue += REPAYMENT * state.moves;
        }
    }
}
