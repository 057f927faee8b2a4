// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demands} from "../../src/Demands.sol";
import {GraphArbiter} from "../../src/GraphArbiter.sol";
import {IPinpoint} from "../../src/IPinpoint.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Registry} from "../../src/Registry.sol";
import {Claim, Game, Leaf, Request, Terms} from "../../src/Types.sol";
import {VM, Vm} from "../utils/Vm.sol";
import {Trace} from "./Trace.sol";

/// @dev Claims and games on the contracts, and every move that their parties can make. A move returns whether it was accepted;
/// what is kept here follows only moves that were.
abstract contract Table is Trace {
    Vm private constant vm = VM;
    uint256 public constant CLAIM_BOND = 1 ether;
    uint256 public constant CHALLENGE_BOND = 0.2 ether;
    uint256 public constant REPAYMENT = 0.0025 ether;
    uint256 public constant WINDOW = 1 days;
    uint256 public constant CLOCK = 2 hours;
    uint256 public constant INCREMENT = 60;
    uint256 public constant DESCENT_INCREMENT = 600;
    uint256 internal constant START = 1_700_000_000;

    struct Played {
        uint256 claim;
        Game game;
        /// The submitter's hashes of the last dissection.
        bytes32[] ends;
        uint64 graphStep;
        uint256 opened;
        /// Decided, or paid out.
        bool over;
    }

    struct Claimed {
        Claim claim;
        Request request;
        Lie lie;
        bool isTrue;
        uint256 made;
        bool checked;
        /// Final, or fallen.
        bool over;
    }

    Registry public registry;
    Pinpoint public pinpoint;
    Demands public demands;
    bytes32 public offer;
    bytes32 public model;
    address[] public accounts;
    Claimed[] internal _claims;
    Played[] internal _games;
    /// @dev block.timestamp may be read anew after a warp by compiled code that said it once.
    uint256 internal _now;
    /// @dev The submitter's last answer to each position that it kept.
    mapping(bytes32 position => Played) private _kept;

    constructor(uint256 players) {
        _warp(START);
        for (uint256 i = 0; i < players; i++) {
            address account = vm.addr(uint256(keccak256(abi.encode("player", i))));
            vm.deal(account, 10_000 ether);
            accounts.push(account);
        }
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

    function _warp(uint256 timestamp) internal {
        _now = timestamp;
        vm.warp(timestamp);
    }

    function claimId(uint256 c) public view returns (bytes32) {
        return pinpoint.claimIdOf(_claims[c].claim);
    }

    function gameId(uint256 i) public view returns (bytes32) {
        Game storage game = _games[i].game;
        return keccak256(
            abi.encodePacked(
                uint8(0x25), block.chainid, address(pinpoint), game.claimId, game.challenger, game.number
            )
        );
    }

    /// @dev Whether its claim and it are undecided.
    function _live(uint256 i) internal view returns (bool) {
        return !_games[i].over && !_claims[_games[i].claim].over;
    }

    function _claim(address submitter, Lie memory lie, bool isTrue) internal {
        Request memory request =
            Request(submitter, uint64(_claims.length), model, ITERATIONS, inputsRoot, 0, 0);
        bytes32 end = _end(lie);
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
        Claimed storage claimed = _claims.push();
        bytes32 root = keccak256(abi.encodePacked(uint8(0x28), requestHash, end));
        claimed.claim = Claim(offer, submitter, address(0), 0, 1, root);
        claimed.request = request;
        claimed.lie = lie;
        claimed.isTrue = isTrue;
        claimed.made = _now;
    }

    function _challenge(uint256 c, address challenger) internal returns (bool) {
        Claimed storage claimed = _claims[c];
        bytes32 end = _end(claimed.lie);
        uint32 number = uint32(_games.length);
        vm.prank(challenger);
        try pinpoint.challenge{value: CHALLENGE_BOND}(
            claimed.claim, registration, claimed.request, Leaf(0, end, new bytes32[](0)), number
        ) {
            Played storage played = _games.push();
            played.claim = c;
            played.opened = _now;
            played.game = Game({
                claimId: claimId(c),
                challenger: challenger,
                number: number,
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
            return true;
        } catch {
            return false;
        }
    }

    function _dissect(uint256 i, bool keep) internal returns (bool) {
        Played storage played = _games[i];
        Game memory game = played.game;
        bytes32 position = _position(played);
        Lie memory lie = _claims[played.claim].lie;
        bytes32[] memory ends = new bytes32[](_parts(game));
        for (uint64 part = 0; part + 1 < ends.length; part++) {
            ends[part] = game.level == 0
                ? _graphHash(lie, _partEnd(game, part))
                : _machineHash(lie, played.graphStep, _partEnd(game, part));
        }
        ends[ends.length - 1] = game.hiHash;
        vm.prank(_claims[played.claim].claim.submitter);
        try pinpoint.dissect(game, _inner(ends), keep) {
            played.game.turn = 1;
            played.game.dissection = _tree(ends)[30];
            played.ends = ends;
            if (keep) _kept[position] = played;
            return true;
        } catch {
            return false;
        }
    }

    function _select(uint256 i, uint64 part) internal returns (bool) {
        Played storage played = _games[i];
        Game memory game = played.game;
        bytes32[] memory ends = played.ends;
        // The contract refuses what isn't in the dissection, whichever hashes come with it.
        bool known = part < ends.length;
        bytes32 hiHash = known ? ends[part] : bytes32(0);
        bytes32 loHash = part == 0 || !known ? game.loHash : ends[part - 1];
        bytes32[] memory siblings = _siblings(ends, known ? part : 0);
        vm.prank(game.challenger);
        try pinpoint.select(game, uint8(part), loHash, hiHash, siblings) {
            (game.lo, game.hi) = (part == 0 ? game.lo : _partEnd(game, part - 1), _partEnd(game, part));
            (game.loHash, game.hiHash) = (loHash, hiHash);
            (game.turn, game.dissection) = (0, 0);
            played.game = game;
            return true;
        } catch {
            return false;
        }
    }

    function _descend(uint256 i, bool keep) internal returns (bool) {
        Played storage played = _games[i];
        Game memory game = played.game;
        bytes32 position = _position(played);
        Claimed storage claimed = _claims[played.claim];
        uint64 step = game.lo;
        if (game.level != 0 || step > CALLS) return false;
        bytes32[] memory ends = new bytes32[](1);
        Game memory next = played.game;
        if (step < CALLS) {
            (next.level, next.lo, next.hi, next.code) = (1, 0, RUN, CODE_ROOT);
            next.loHash = starts[step];
            next.hiHash = _machineHash(claimed.lie, step, RUN);
            ends = new bytes32[](_parts(next));
            for (uint64 part = 0; part + 1 < ends.length; part++) {
                ends[part] = _machineHash(claimed.lie, step, _partEnd(next, part));
            }
            ends[ends.length - 1] = next.hiHash;
            (next.turn, next.dissection) = (1, _tree(ends)[30]);
        }
        vm.prank(claimed.claim.submitter);
        try pinpoint.descend(game, registration, _descent(claimed.lie, step), _inner(ends), keep) {
            if (step == CALLS) {
                _decided(i);
            } else {
                played.graphStep = step;
                played.game = next;
                played.ends = ends;
                if (keep) _kept[position] = played;
            }
            return true;
        } catch {
            return false;
        }
    }

    function _repeat(uint256 i, address by) internal returns (bool) {
        Played storage played = _games[i];
        Played storage kept = _kept[_position(played)];
        Game memory next = kept.game;
        vm.prank(by);
        try pinpoint.repeatAnswer(played.game, next) {
            (next.challenger, next.number) = (played.game.challenger, played.game.number);
            played.game = next;
            played.ends = kept.ends;
            played.graphStep = kept.graphStep;
            return true;
        } catch {
            return false;
        }
    }

    function _prove(uint256 i, address by) internal returns (bool) {
        bytes memory witness = abi.encode(starts[_games[i].graphStep]);
        return _deciding(
            i, by, abi.encodeCall(IPinpoint.prove, (_claims[_games[i].claim].claim, _games[i].game, witness))
        );
    }

    function _concede(uint256 i, address by) internal returns (bool) {
        return
            _deciding(
                i, by, abi.encodeCall(IPinpoint.concede, (_claims[_games[i].claim].claim, _games[i].game))
            );
    }

    function _timeout(uint256 i, address by) internal returns (bool) {
        return
            _deciding(
                i, by, abi.encodeCall(IPinpoint.timeout, (_claims[_games[i].claim].claim, _games[i].game))
            );
    }

    function _deciding(uint256 i, address by, bytes memory call) private returns (bool done) {
        vm.prank(by);
        (done,) = address(pinpoint).call(call);
        if (done) _decided(i);
    }

    function _settle(uint256 i) internal virtual returns (bool) {
        try pinpoint.settle(_claims[_games[i].claim].claim, _games[i].game) {
            _games[i].over = true;
            return true;
        } catch {
            return false;
        }
    }

    function _finalize(uint256 c) internal returns (bool) {
        try pinpoint.finalize(_claims[c].claim) {
            _claims[c].over = true;
            return true;
        } catch {
            return false;
        }
    }

    /// @dev A game has been decided, and perhaps its claim with it.
    function _decided(uint256 i) internal virtual {
        _games[i].over = true;
        // 3: fallen.
        if (uint8(pinpoint.getClaim(_games[i].game.claimId).status) == 3) {
            _claims[_games[i].claim].over = true;
        }
    }

    function _position(Played storage played) private view returns (bytes32) {
        Game storage game = played.game;
        return keccak256(abi.encode(played.claim, game.level, game.lo, game.hi, game.loHash, game.hiHash));
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
}
